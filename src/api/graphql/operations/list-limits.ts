/** Most users that one `users` query returns, and how many it returns when not told. */
export const MAX_USERS_PER_QUERY = 10_000;
