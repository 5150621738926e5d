/** Most users that one `users` query returns, and how many it returns by default. */
export const MAX_USERS_PER_QUERY = 10_000;
