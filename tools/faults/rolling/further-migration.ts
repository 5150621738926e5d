/** Everything that a migration may do while older nodes run: a table, and columns and indexes of tables in use. */
export const furtherMigration: readonly string[] = [
  'CREATE TABLE `face_further` (`id` bigint NOT NULL, `note` varchar(64) NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB',
  'ALTER TABLE `users` ADD COLUMN `further` varchar(64) NULL',
  'ALTER TABLE `face_templates` ADD COLUMN `further` int NOT NULL DEFAULT 0',
  'ALTER TABLE `face_blobs` ADD COLUMN `further` bigint NULL',
  'ALTER TABLE `face_gallery_change` ADD COLUMN `further` int NOT NULL DEFAULT 0',
  'ALTER TABLE `face_gallery_clock` ADD COLUMN `further` int NOT NULL DEFAULT 0',
  'ALTER TABLE `face_audit_log` ADD COLUMN `further` varchar(64) NULL',
  'ALTER TABLE `face_user_keys` ADD COLUMN `further` int NOT NULL DEFAULT 0',
  'CREATE INDEX `face_images_further` ON `face_images` (`media_type`)',
  'CREATE INDEX `face_templates_further` ON `face_templates` (`model_id`, `image_key`)',
  'CREATE INDEX `face_receipts_further` ON `face_receipts` (`created_at`, `key_hash`)',
];
