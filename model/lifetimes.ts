/** How long credentials and sessions stay valid. */
export const SESSION_DAYS = 30;
export const RESET_MINUTES = 30;
export const VERIFY_HOURS = 24;
export const INVITE_DAYS = 7;
/** For this long after signing in, the password is not requested again. */
export const FRESH_MINUTES = 15;
