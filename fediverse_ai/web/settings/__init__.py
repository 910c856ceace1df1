"""The pages below /settings: what somebody decides about their account, carries in and out, or ends."""
