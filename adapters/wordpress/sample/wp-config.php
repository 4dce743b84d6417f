<?php
// One unpacked WordPress serves any number of sites: what is a site's own stands in its folder.
define('BACKCHAT_SITE', getenv('BACKCHAT_WORDPRESS_SITE'));
require BACKCHAT_SITE . '/site.php';
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
