<?php
// Run by php-cli once for each demo: sets its author's password, and prints a new application password.
[, $wordpress, $login, $password] = $argv;
$_SERVER['HTTP_HOST'] = '127.0.0.1';
$_SERVER['REQUEST_URI'] = '/';
require "$wordpress/wp-load.php";
$author = get_user_by('login', $login);
wp_set_password($password, $author->ID);
WP_Application_Passwords::delete_all_application_passwords($author->ID);
[$made] = WP_Application_Passwords::create_new_application_password($author->ID, ['name' => 'Backchat']);
echo WP_Application_Passwords::chunk_password($made);
