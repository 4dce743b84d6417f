<?php
// Run by php-cli: does what a person does in the browser after unpacking WordPress, then includes the file named.
[, $wordpress, $title, $then] = $argv;
$_SERVER['HTTP_HOST'] = '127.0.0.1';
$_SERVER['REQUEST_URI'] = '/';
$_SERVER['REQUEST_METHOD'] = 'GET';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REMOTE_ADDR'] = '127.0.0.1';
define('WP_INSTALLING', true);
require "$wordpress/wp-load.php";
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install($title, 'admin', 'admin@admin.example', true, '', wp_generate_password(24, false));
foreach (get_posts(['post_type' => ['post', 'page'], 'post_status' => 'any', 'numberposts' => -1]) as $post) {
    wp_delete_post($post->ID, true);  // the samples that every new WordPress comes with, and their comment
}
require $then;
echo 'WordPress ', $GLOBALS['wp_version'], "\n";
