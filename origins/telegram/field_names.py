"""The names of a Telegram message's fields that are nothing a customer says (Bot API 10.0)."""

# fields around the content of a message
AROUND = {
    "message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat", "sender_boost_count",
    "sender_business_bot", "sender_tag", "date", "business_connection_id", "chat", "forward_origin", "forward_from",
    "forward_from_chat", "forward_from_message_id", "forward_signature", "forward_sender_name", "forward_date",
    "is_topic_message", "is_automatic_forward", "reply_to_message", "external_reply", "quote", "reply_to_story",
    "reply_to_checklist_task_id", "via_bot", "edit_date", "has_protected_content", "is_from_offline",
    "is_paid_post", "media_group_id", "author_signature", "paid_star_count", "entities", "link_preview_options",
    "suggested_post_info", "effect_id", "caption", "caption_entities", "show_caption_above_media",
    "has_media_spoiler", "reply_markup", "guest_bot_caller_user", "guest_bot_caller_chat", "guest_query_id",
}  # fmt: skip

# fields of service messages, which no person wrote
_SERVICE = {
    "new_chat_members", "new_chat_member", "new_chat_participant", "left_chat_member", "left_chat_participant",
    "new_chat_title", "new_chat_photo", "delete_chat_photo", "group_chat_created", "supergroup_chat_created",
    "channel_chat_created", "message_auto_delete_timer_changed", "migrate_to_chat_id", "migrate_from_chat_id",
    "pinned_message", "successful_payment", "refunded_payment", "users_shared", "user_shared", "chat_shared",
    "connected_website", "write_access_allowed", "passport_data", "proximity_alert_triggered", "boost_added",
    "chat_background_set", "checklist_tasks_done", "checklist_tasks_added", "direct_message_price_changed",
    "forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened",
    "general_forum_topic_hidden", "general_forum_topic_unhidden", "giveaway_created", "giveaway_completed",
    "paid_message_price_changed", "suggested_post_approved", "suggested_post_approval_failed",
    "suggested_post_declined", "suggested_post_paid", "suggested_post_refunded", "video_chat_scheduled",
    "video_chat_started", "video_chat_ended", "video_chat_participants_invited", "chat_owner_left",
    "chat_owner_changed",
}  # fmt: skip

# new ones come every few months: they are called by what happened
_EVENT_ENDINGS = (
    "set", "changed", "created", "closed", "reopened", "edited", "completed", "added", "removed", "deleted", "started",
    "ended", "scheduled", "invited", "approved", "declined", "failed", "paid", "refunded", "shared", "allowed",
    "triggered", "left", "joined", "updated", "enabled", "disabled", "done", "hidden", "unhidden", "sent", "received",
    "accepted", "rejected", "cancelled", "canceled", "expired", "revoked", "upgraded", "transferred", "purchased",
    "pinned", "unpinned", "opened", "converted", "linked", "unlinked", "moved", "renamed", "promoted", "requested",
    "connected", "disconnected", "blocked", "unblocked", "granted", "denied", "activated", "deactivated", "restricted",
    "verified", "reset", "cleared", "archived", "boosted", "info",
)  # fmt: skip
_EVENT_BEGINNINGS = ("new_", "left_", "delete_", "pinned_", "migrate_", "service_")


def is_service(name: str) -> bool:
    """Whether a field tells of something that happened, and is nothing that somebody says."""
    return name in _SERVICE or name.startswith(_EVENT_BEGINNINGS) or name.rpartition("_")[2] in _EVENT_ENDINGS
