/** How long what lets people in keeps working. */
export const SESSION_DAYS = 30;
export const RESET_MINUTES = 30;
export const VERIFY_HOURS = 24;
export const INVITE_DAYS = 7;
/** Within this after signing in nobody is asked for the password again. */
export const FRESH_MINUTES = 15;
