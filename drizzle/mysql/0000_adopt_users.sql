CREATE TABLE IF NOT EXISTS `users` (
	`id` varchar(255) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`timestamp` timestamp DEFAULT CURRENT_TIMESTAMP,
	CONSTRAINT `users_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
ALTER TABLE `users` ENGINE=InnoDB, ROW_FORMAT=DYNAMIC, MODIFY `id` varchar(255) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL;
