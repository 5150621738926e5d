/** Most pictures of one person in one registration: each costs a face extraction. */
export const MAX_IMAGES_PER_REGISTRATION = 5;

/** Most pictures kept of one person; bounds the work of a verification and the share of one person in a search. */
export const MAX_IMAGES_PER_USER = 10;
