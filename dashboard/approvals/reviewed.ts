/** What deciding about a post changes: the list, the post and the badge. */
export const REVIEWED = ["/api/approvals", "/api/posts", "/api/v1/posts"];
