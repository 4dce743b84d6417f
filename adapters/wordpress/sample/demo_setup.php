<?php
// What the demo's blog begins with: its name, its author, its page, and settings that let people try it quickly.
global $wp_rewrite, $wpdb;
$wp_rewrite->set_permalink_structure('/%year%/%monthnum%/%postname%/');
update_option('blogname', 'Gull Rock Notes');
update_option('blogdescription', 'Small projects at the edge of the land');
update_option('comment_previously_approved', 0);
update_option('comments_notify', 0);
update_option('moderation_notify', 0);
update_option('thread_comments_depth', 5);
update_option('show_avatars', 0);  // Gravatar's are on another machine
$wpdb->update($wpdb->users, ['user_login' => 'mara', 'user_nicename' => 'mara'], ['ID' => 1]);
clean_user_cache(1);
wp_update_user([
    'ID' => 1, 'user_email' => 'mara@gull-rock.example', 'user_url' => 'https://gull-rock.example/',
    'nickname' => 'Mara', 'display_name' => 'Mara',
]);
wp_insert_post([
    'post_title' => 'Bees on a lighthouse', 'post_name' => 'bees-on-a-lighthouse',
    'post_author' => 1, 'post_status' => 'publish', 'comment_status' => 'open',
    'post_content' => wp_slash(POST_HTML),
]);
flush_rewrite_rules();
