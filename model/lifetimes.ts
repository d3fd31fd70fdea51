/**
 * Media of published and discarded posts is kept this long after the post's last change, so that its URLs work while
 * people look at it.
 */
export const FINISHED_MEDIA_DAYS = 30;
/** Media that no post names stay this long: time to upload today and write the post tomorrow. */
export const UNUSED_MEDIA_DAYS = 7;

/** How long credentials and sessions stay valid. */
export const SESSION_DAYS = 30;
export const RESET_MINUTES = 30;
export const VERIFY_HOURS = 24;
export const INVITE_DAYS = 7;
/** For this long after signing in, the password is not requested again. */
export const FRESH_MINUTES = 15;
