CREATE TABLE `blobs` (
	`key` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`announced_at` integer NOT NULL,
	CONSTRAINT "blobs_state" CHECK("blobs"."state" in ('pending', 'live', 'deleting'))
);
--> statement-breakpoint
CREATE INDEX `blobs_unfinished` ON `blobs` (`state`,`announced_at`) WHERE "blobs"."state" <> 'live';--> statement-breakpoint
CREATE TABLE `gallery_change` (
	`rev` integer NOT NULL,
	`seq` integer NOT NULL,
	`op` text NOT NULL,
	`template_id` text NOT NULL,
	`changed_at` integer NOT NULL,
	PRIMARY KEY(`rev`, `seq`),
	CONSTRAINT "gallery_change_op" CHECK("gallery_change"."op" in ('add', 'remove'))
);
--> statement-breakpoint
CREATE INDEX `gallery_change_time` ON `gallery_change` (`changed_at`);--> statement-breakpoint
CREATE TABLE `gallery_clock` (
	`id` integer PRIMARY KEY NOT NULL,
	`rev` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `images` (
	`key` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`media_type` text NOT NULL,
	FOREIGN KEY (`key`) REFERENCES `blobs`(`key`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `images_user` ON `images` (`user_id`);--> statement-breakpoint
CREATE TABLE `templates` (
	`id` text PRIMARY KEY NOT NULL,
	`user_id` text NOT NULL,
	`image_key` text NOT NULL,
	`model_id` text NOT NULL,
	`vector` blob NOT NULL,
	FOREIGN KEY (`user_id`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`image_key`) REFERENCES `images`(`key`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `templates_user` ON `templates` (`user_id`,`model_id`,`id`);--> statement-breakpoint
CREATE INDEX `templates_image` ON `templates` (`image_key`);--> statement-breakpoint
CREATE INDEX `templates_model` ON `templates` (`model_id`,`id`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`timestamp` integer DEFAULT (unixepoch()) NOT NULL
);
