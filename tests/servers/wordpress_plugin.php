<?php
// A must-use plugin for tests: the hands of an editor, and the ways of some hosts and plugins.
$GLOBALS['backchat_switches'] = json_decode((string) @file_get_contents(dirname(__DIR__) . '/switches.json'), true) ?: [];

function backchat_switch(string $name)
{
    return $GLOBALS['backchat_switches'][$name] ?? false;
}

// --- The ways of hosts and plugins ----------------------------------------------------------------------------------

if (isset($_SERVER['HTTP_X_BACKCHAT_SOURCE'])) {
    $_SERVER['REMOTE_ADDR'] = $_SERVER['HTTP_X_BACKCHAT_SOURCE'];
}
if (backchat_switch('strip_authorization')) {
    unset($_SERVER['HTTP_AUTHORIZATION'], $_SERVER['PHP_AUTH_USER'], $_SERVER['PHP_AUTH_PW']);
}
add_action('init', function () {  // plain permalinks are what a site has whose host rewrites nothing
    $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
    if (get_option('permalink_structure') === '' && !in_array($path, ['/', '/index.php']) && !str_ends_with($path, '.php')) {
        status_header(404);
        exit;
    }
}, 1);
if (backchat_switch('rest_closed')) {
    add_filter('rest_authentication_errors', function ($result) {
        if (is_wp_error($result) || is_user_logged_in()) {
            return $result;
        }
        return new WP_Error('rest_not_logged_in', 'You are not currently logged in.', ['status' => 401]);
    }, 200);
}
if (backchat_switch('rest_gone')) {
    remove_action('template_redirect', 'rest_output_link_header', 11);
    remove_action('wp_head', 'rest_output_link_wp_head', 10);
    add_action('parse_request', function ($query) {
        if (!empty($query->query_vars['rest_route'])) {
            status_header(404);
            exit;
        }
    }, 1);
}
if (backchat_switch('strip_author_url')) {
    add_filter('preprocess_comment', fn($comment) => ['comment_author_url' => ''] + $comment);
    add_filter('rest_pre_insert_comment', fn($comment) => ['comment_author_url' => ''] + $comment);
}
if (backchat_switch('no_application_passwords')) {
    add_filter('wp_is_application_passwords_available', '__return_false');
}
if (backchat_switch('early_user')) {
    add_filter('rest_authentication_errors', function ($result) {
        is_user_logged_in();
        return $result;
    }, 10);
}
if (backchat_switch('no_trash')) {
    add_filter('rest_comment_trashable', '__return_false');
}
if (backchat_switch('early_ties')) {
    add_filter('comment_feed_orderby', fn() => 'comment_date_gmt DESC, comment_ID ASC');
}
if (backchat_switch('hold_everyone')) {
    add_filter('pre_comment_approved', fn() => 0, 1000);
}
add_filter('wp_is_comment_flood', function ($is_flood) {
    $exempt = backchat_switch('no_flood') || (!is_user_logged_in() && !backchat_switch('visitor_flood'));
    return $exempt ? false : $is_flood;
}, 1000);
if (backchat_switch('hub')) {
    $hub = fn() => printf('<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="%s"/>', esc_url(backchat_switch('hub')));
    add_action('commentsrss2_head', $hub);
    add_action('comments_atom_head', fn() => printf('<link rel="hub" href="%s"/>', esc_url(backchat_switch('hub'))));
}

// --- An editor's hands ----------------------------------------------------------------------------------------------

final class Backchat_Hands
{
    public static function add_many(array $comments): array
    {
        global $wpdb;
        wp_defer_comment_counting(true);
        $wpdb->query('START TRANSACTION');
        $numbers = array_map([self::class, 'add'], $comments);
        $wpdb->query('COMMIT');
        wp_defer_comment_counting(false);
        return $numbers;
    }

    private static function add(array $given): int
    {
        $statuses = ['approve' => 1, 'hold' => 0];
        $date = gmdate('Y-m-d H:i:s', $given['date']);
        return wp_insert_comment(wp_slash([
            'comment_post_ID' => $given['post'], 'comment_parent' => $given['under'], 'user_id' => $given['user'],
            'comment_author' => $given['name'], 'comment_author_email' => $given['email'],
            'comment_author_url' => $given['url'], 'comment_author_IP' => '198.51.100.254',
            'comment_content' => $given['words'], 'comment_type' => $given['kind'],
            'comment_approved' => $statuses[$given['status']] ?? $given['status'],
            'comment_date_gmt' => $date, 'comment_date' => get_date_from_gmt($date),
        ]));
    }

    public static function set_status(int $number, string $status): bool
    {
        $ways = ['spam' => 'wp_spam_comment', 'unspam' => 'wp_unspam_comment', 'trash' => 'wp_trash_comment',
            'untrash' => 'wp_untrash_comment'];
        return isset($ways[$status]) ? $ways[$status]($number) : wp_set_comment_status($number, $status);
    }

    public static function delete(int $number): bool
    {
        return wp_delete_comment($number, true);
    }

    public static function edit(int $number, string $words): bool
    {
        return self::is_stored(wp_update_comment(wp_slash(['comment_ID' => $number, 'comment_content' => $words])));
    }

    public static function set_date(int $number, int $date): bool
    {
        $date = gmdate('Y-m-d H:i:s', $date);
        $dates = ['comment_date_gmt' => $date, 'comment_date' => get_date_from_gmt($date)];
        return self::is_stored(wp_update_comment(['comment_ID' => $number] + $dates));
    }

    private static function is_stored($changed): bool
    {
        return is_int($changed);  // 0 where MariaDB had it like that already, 1 from SQLite even then
    }

    public static function age(int $seconds): bool
    {
        foreach (get_comments(['status' => 'any', 'type' => 'all']) as $comment) {
            self::set_date((int) $comment->comment_ID, strtotime($comment->comment_date_gmt . ' UTC') - $seconds);
        }
        return true;
    }

    public static function rows(): array
    {
        global $wpdb;
        return $wpdb->get_results("SELECT * FROM $wpdb->comments ORDER BY comment_ID", ARRAY_A);
    }

    public static function write_post(array $given): int
    {
        return wp_insert_post(wp_slash(self::post_fields($given)), false);
    }

    public static function change_post(int $number, array $given): bool
    {
        if (($given['status'] ?? '') === 'trash') {
            return (bool) wp_trash_post($number);
        }
        return (bool) wp_update_post(wp_slash(['ID' => $number] + self::post_fields($given)));
    }

    private static function post_fields(array $given): array
    {
        $names = ['title' => 'post_title', 'slug' => 'post_name', 'status' => 'post_status', 'author' => 'post_author',
            'password' => 'post_password', 'comments' => 'comment_status', 'kind' => 'post_type',
            'words' => 'post_content'];
        $fields = [];
        foreach ($given as $name => $value) {
            $fields[$names[$name]] = $value;
        }
        return $fields;
    }

    public static function delete_post(int $number): bool
    {
        return (bool) wp_delete_post($number, true);
    }

    public static function option(string $name, $value): bool
    {
        global $wp_rewrite;
        if ($name === 'permalink_structure') {
            $wp_rewrite->set_permalink_structure($value);
            flush_rewrite_rules();
            return true;
        }
        update_option($name, $value);
        return true;
    }

    public static function change_password(int $user): bool
    {
        return (bool) WP_Application_Passwords::delete_all_application_passwords($user);
    }
}

add_action('init', function () {
    if (($_SERVER['HTTP_X_BACKCHAT_HANDS'] ?? '') === BACKCHAT_HANDS) {
        [$name, $arguments] = json_decode(file_get_contents('php://input'), true);
        wp_send_json(call_user_func_array(['Backchat_Hands', $name], $arguments));
    }
}, 99);
