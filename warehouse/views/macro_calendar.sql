-- Scheduled US announcements that move every market (Federal Reserve, consumer prices, payrolls), 2017 to 2026
-- grain: kind, event_ts
CREATE OR REPLACE VIEW marts.macro_calendar AS
SELECT kind, announcement, event_ts, is_scheduled FROM features.macro_calendar;
