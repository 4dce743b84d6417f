<?php
// PHP's own web server asks this file what each request means; Apache's rewrite rules for WordPress say the same.
$root = rtrim($_SERVER['DOCUMENT_ROOT'], '/');
$path = rawurldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) ?: '/');
if ($path !== '/' && is_file($root . $path)) {
    return false;  // a file, or a program such as wp-comments-post.php: the server takes it
}
$program = is_file($root . rtrim($path, '/') . '/index.php') ? rtrim($path, '/') . '/index.php' : '/index.php';
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = $program;
$_SERVER['SCRIPT_FILENAME'] = $root . $program;
chdir(dirname($_SERVER['SCRIPT_FILENAME']));
require $_SERVER['SCRIPT_FILENAME'];
