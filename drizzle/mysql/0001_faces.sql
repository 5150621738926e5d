CREATE TABLE `face_blobs` (
	`key` varchar(64) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`state` varchar(16) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`announced_at` bigint NOT NULL,
	CONSTRAINT `face_blobs_key` PRIMARY KEY(`key`),
	CONSTRAINT `face_blobs_state` CHECK(`face_blobs`.`state` in ('pending', 'live', 'deleting'))
);
--> statement-breakpoint
CREATE TABLE `face_gallery_change` (
	`rev` bigint NOT NULL,
	`seq` int NOT NULL,
	`op` varchar(8) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`template_id` varchar(36) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`changed_at` bigint NOT NULL,
	CONSTRAINT `face_gallery_change_rev_seq_pk` PRIMARY KEY(`rev`,`seq`),
	CONSTRAINT `face_gallery_change_op` CHECK(`face_gallery_change`.`op` in ('add', 'remove'))
);
--> statement-breakpoint
CREATE TABLE `face_gallery_clock` (
	`id` int NOT NULL,
	`rev` bigint NOT NULL,
	CONSTRAINT `face_gallery_clock_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
CREATE TABLE `face_images` (
	`key` varchar(64) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`user_id` varchar(255) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`media_type` varchar(64) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	CONSTRAINT `face_images_key` PRIMARY KEY(`key`)
);
--> statement-breakpoint
CREATE TABLE `face_templates` (
	`id` varchar(36) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`user_id` varchar(255) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`image_key` varchar(64) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`model_id` varchar(64) CHARACTER SET utf8mb4 /*!80017 COLLATE utf8mb4_0900_bin */ /*M!100200 COLLATE utf8mb4_nopad_bin */ NOT NULL,
	`vector` blob NOT NULL,
	CONSTRAINT `face_templates_id` PRIMARY KEY(`id`)
);
--> statement-breakpoint
ALTER TABLE `face_images` ADD CONSTRAINT `face_images_blob_fk` FOREIGN KEY (`key`) REFERENCES `face_blobs`(`key`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `face_images` ADD CONSTRAINT `face_images_user_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `face_templates` ADD CONSTRAINT `face_templates_user_fk` FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE `face_templates` ADD CONSTRAINT `face_templates_image_fk` FOREIGN KEY (`image_key`) REFERENCES `face_images`(`key`) ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX `face_blobs_unfinished` ON `face_blobs` (`state`,`announced_at`);--> statement-breakpoint
CREATE INDEX `face_gallery_change_time` ON `face_gallery_change` (`changed_at`);--> statement-breakpoint
CREATE INDEX `face_images_user` ON `face_images` (`user_id`);--> statement-breakpoint
CREATE INDEX `face_templates_user` ON `face_templates` (`user_id`,`model_id`);--> statement-breakpoint
CREATE INDEX `face_templates_image` ON `face_templates` (`image_key`);--> statement-breakpoint
CREATE INDEX `face_templates_model` ON `face_templates` (`model_id`,`id`);