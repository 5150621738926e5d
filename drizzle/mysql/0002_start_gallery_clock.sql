INSERT IGNORE INTO `face_gallery_clock` (`id`, `rev`) VALUES (1, 0);
