CREATE TABLE `face_receipts` (
	`key_hash` varbinary(32) NOT NULL,
	`fingerprint` varbinary(32) NOT NULL,
	`answer` blob NOT NULL,
	`created_at` bigint NOT NULL,
	CONSTRAINT `face_receipts_key_hash` PRIMARY KEY(`key_hash`)
);
--> statement-breakpoint
CREATE INDEX `face_receipts_time` ON `face_receipts` (`created_at`);