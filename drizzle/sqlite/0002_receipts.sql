CREATE TABLE `receipts` (
	`key_hash` blob PRIMARY KEY NOT NULL,
	`fingerprint` blob NOT NULL,
	`answer` blob NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `receipts_time` ON `receipts` (`created_at`);