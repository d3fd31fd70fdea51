/** Emails, encrypted, so that nobody can read a link in the queue's table. */
export const MAIL_QUEUE = "mail.send";

/** Retried for about two days: a mail server that is down overnight loses nothing. */
export const MAIL_RETRIES = {
  retryLimit: 25,
  retryDelay: 30,
  retryBackoff: true,
  retryDelayMax: 2 * 3600,
  expireInSeconds: 300,
};
