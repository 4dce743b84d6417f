<?php
// A must-use plugin: this WordPress turns to no other machine. Requests of its own are shut out by WP_HTTP_BLOCK_EXTERNAL.
if (!function_exists('wp_mail')) {
    function wp_mail(...$mail)
    {
        return true;
    }
}
remove_action('wp_head', 'print_emoji_detection_script', 7);  // it would fetch pictures of emoji
remove_action('wp_print_styles', 'print_emoji_styles');
