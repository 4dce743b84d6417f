<?php
// A must-use plugin of the demo: visitors may comment as fast as they type.
add_filter('wp_is_comment_flood', '__return_false', 1000);
