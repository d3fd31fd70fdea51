/**
 * Every scope of Facebook Login, which Instagram shares, with its description on the consent page; without one, the
 * page shows its name. Source: Meta docs, permissions reference, 2026-09; clients in production.
 */
export const FACEBOOK_SCOPES: Readonly<Record<string, string>> = {
  public_profile: "See your name and picture",
  email: "See your email address",
  pages_show_list: "See the Pages you manage",
  pages_read_engagement: "Read the content of your Pages",
  pages_manage_posts: "Create, change and delete posts of your Pages",
  pages_manage_engagement: "Write comments as your Pages",
  pages_read_user_content: "Read what people write on your Pages",
  pages_manage_metadata: "Manage the settings of your Pages",
  publish_video: "Publish videos",
  business_management: "Manage your businesses",
  read_insights: "See insights",
  ads_management: "Manage ads",
  ads_read: "Read ads",
  instagram_basic: "See the profile and media of your Instagram account",
  instagram_content_publish: "Create and publish posts on Instagram",
  instagram_manage_comments: "Read and write comments on Instagram",
  instagram_manage_insights: "See insights on Instagram",
  instagram_manage_contents: "Delete content on Instagram",
  ...named(`
    attribution_read catalog_management commerce_account_manage_orders commerce_account_read_orders
    commerce_account_read_reports commerce_account_read_settings facebook_branded_content_ads_brand
    facebook_creator_marketplace_discovery gaming_user_locale instagram_branded_content_ads_brand
    instagram_branded_content_brand instagram_branded_content_creator instagram_creator_marketplace_discovery
    instagram_creator_marketplace_messaging instagram_manage_engagement instagram_manage_events
    instagram_manage_messages instagram_manage_upcoming_events instagram_shopping_tag_products leads_retrieval
    manage_app_solution manage_fundraisers openid page_events pages_manage_ads pages_manage_cta
    pages_manage_instant_articles pages_messaging pages_user_gender pages_user_locale pages_user_timezone
    pages_utility_messaging paid_marketing_messages private_computation_access read_audience_network_insights
    read_page_mailboxes threads_business_basic user_age_range user_birthday user_friends user_gender user_hometown
    user_likes user_link user_location user_messenger_contact user_photos user_posts user_videos
    whatsapp_business_manage_events whatsapp_business_management whatsapp_business_messaging`),
};

/** The scopes of Instagram's own login. Source: Instagram Platform docs, business login, 2026-03-13. */
export const INSTAGRAM_SCOPES: Readonly<Record<string, string>> = {
  instagram_business_basic: "See your profile and media",
  instagram_business_content_publish: "Create and publish posts",
  instagram_business_manage_comments: "Read and write comments",
  instagram_business_manage_insights: "See insights",
  instagram_business_manage_messages: "Read and write messages",
};

/** The scopes of Threads. Source: Threads docs, get access tokens and permissions, share to Instagram stories; 2026. */
export const THREADS_SCOPES: Readonly<Record<string, string>> = {
  threads_basic: "See your profile and posts",
  threads_content_publish: "Create and publish posts",
  threads_manage_replies: "Reply, and manage who replies",
  threads_read_replies: "Read replies to your posts",
  threads_manage_insights: "See insights",
  threads_delete: "Delete your posts",
  threads_location_tagging: "Search for and tag places",
  threads_manage_mentions: "See posts that mention you",
  threads_keyword_search: "Search public posts",
  threads_profile_discovery: "Look up public profiles",
  threads_share_to_instagram: "Share your posts to Instagram stories",
};

function named(names: string): Record<string, string> {
  return Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, name]),
  );
}
