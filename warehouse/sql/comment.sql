COMMENT ON @what IS @text
