INSERT IGNORE INTO `face_audit_head` (`id`, `seq`, `hash`) VALUES (1, 0, '');
