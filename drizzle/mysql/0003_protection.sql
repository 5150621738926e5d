CREATE TABLE `face_api_keys` (
	`id` varchar(32) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`name` varchar(255) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`secret_hash` varbinary(32) NOT NULL,
	`scopes` varchar(255) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`created_at` bigint NOT NULL,
	`expires_at` bigint,
	`revoked_at` bigint,
	CONSTRAINT `face_api_keys_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `face_audit_head` (
	`id` int NOT NULL,
	`seq` bigint NOT NULL,
	`hash` varbinary(32) NOT NULL,
	CONSTRAINT `face_audit_head_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `face_audit_log` (
	`seq` bigint NOT NULL,
	`at` bigint NOT NULL,
	`operation` varchar(32) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`outcome` varchar(64) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`subject` varchar(36) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */,
	`actor` varchar(64) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`request_id` varchar(64) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */,
	`previous_hash` varbinary(32) NOT NULL,
	`hash` varbinary(32) NOT NULL,
	CONSTRAINT `face_audit_log_seq` PRIMARY KEY(`seq`)
);
--> statement-breakpoint
CREATE TABLE `face_master_keys` (
	`id` varchar(64) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`proof` varbinary(255) NOT NULL,
	CONSTRAINT `face_master_keys_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `face_rate_counters` (
	`key` varchar(128) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`points` int NOT NULL,
	`expire` bigint,
	CONSTRAINT `face_rate_counters_key` PRIMARY KEY(`key`)
);
--> statement-breakpoint
CREATE TABLE `face_user_keys` (
	`user_id` varchar(255) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`pseudonym` varchar(36) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`master_key_id` varchar(64) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`wrapped` varbinary(255) NOT NULL,
	CONSTRAINT `face_user_keys_user_id` PRIMARY KEY(`user_id`),
	CONSTRAINT `face_user_keys_pseudonym` UNIQUE(`pseudonym`)
);
--> statement-breakpoint
ALTER TABLE `face_templates` MODIFY COLUMN `image_key` varchar(64) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */;--> statement-breakpoint
ALTER TABLE `face_user_keys` ADD CONSTRAINT `face_user_keys_user_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `face_user_keys` ADD CONSTRAINT `face_user_keys_master_fk` FOREIGN KEY (`master_key_id`) REFERENCES `face_master_keys`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX `face_audit_log_time` ON `face_audit_log` (`at`);--> statement-breakpoint
CREATE INDEX `face_audit_log_subject` ON `face_audit_log` (`subject`);--> statement-breakpoint
CREATE INDEX `face_rate_counters_expire` ON `face_rate_counters` (`expire`);--> statement-breakpoint
CREATE INDEX `face_user_keys_master` ON `face_user_keys` (`master_key_id`);