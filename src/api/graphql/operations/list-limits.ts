/** Most users that one `users` query returns, and how many it returns when not told. */
export const maxUsersPerQuery = 10_000;
