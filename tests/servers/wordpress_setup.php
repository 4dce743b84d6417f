<?php
// What a fresh site of the tests begins with; tests/servers/wordpress.py writes the lists in place of the word below.
$given = json_decode(<<<'JSON'
GIVEN
JSON, true);
global $wp_rewrite, $wpdb;
$wp_rewrite->set_permalink_structure('/%year%/%monthnum%/%postname%/');
foreach ($given['options'] as $name => $value) {
    update_option($name, $value);
}
foreach ($given['users'] as $user) {
    $fields = [
        'user_login' => $user['login'], 'user_pass' => $user['password'], 'user_email' => $user['email'],
        'role' => $user['role'], 'display_name' => $user['name'], 'user_url' => $user['url'],
    ];
    $number = $user['number'] === 1 ? wp_update_user(['ID' => 1] + $fields) : wp_insert_user($fields);
    if ($number !== $user['number']) {
        die("user {$user['login']} is not number {$user['number']}\n");
    }
    WP_Application_Passwords::create_new_application_password($number, ['name' => 'backchat']);
    $kept = get_user_meta($number, '_application_passwords', true);
    $hash = function_exists('wp_fast_hash') ? 'wp_fast_hash' : 'wp_hash_password';
    $kept[0]['password'] = $hash($user['application_password']);
    update_user_meta($number, '_application_passwords', $kept);
}
foreach ($given['posts'] as $post) {
    $number = wp_insert_post([
        'import_id' => $post['number'], 'post_title' => wp_slash($post['title']), 'post_name' => $post['slug'],
        'post_author' => $post['author'], 'post_status' => $post['status'], 'post_password' => $post['password'],
        'comment_status' => $post['comments'], 'post_type' => $post['kind'], 'post_content' => '<p>Words.</p>',
        'post_date_gmt' => $post['date'], 'post_date' => get_date_from_gmt($post['date']),
    ]);
    if ($number !== $post['number']) {
        die("post {$post['slug']} is not number {$post['number']}\n");
    }
}
// Posts that were drafts once have such a guid, those published at once have a permalink.
$wpdb->update($wpdb->posts, ['guid' => home_url('/?p=11')], ['ID' => 11]);
flush_rewrite_rules();
