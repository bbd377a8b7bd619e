# What happened to an account: `history-<kind>` for each kind of event
history-signed_in = Signed in
history-sign_in_refused = Sign-in refused: the password was wrong
history-second_factor_asked = Right password; second step asked for
history-second_factor_refused = Sign-in refused: the second step was wrong
history-sign_in_delayed = Sign-in not tried: there were too many attempts before
history-second_factor_delayed = Second step not tried: there were too many attempts before
history-signed_out = Signed out
history-consent_given = You allowed { $app } to use your account
history-grant_revoked_by_replay = The access of { $app } was ended, because an old key of it came back
history-token_revoked = { $app } gave back its access
history-client_registered = The app { $app } was registered
history-client_replaced = The registration of { $app } was changed
history-client_deleted = The app { $app } was removed
history-registered = Account created
history-email_verified = Email address confirmed
history-profile_changed = Profile changed
history-password_changed = Password changed
history-password_reset_asked = A link for a new password was asked for
history-password_reset = New password set by a mailed link
history-password_voided = Password voided, as a change of the email address was undone
history-email_change_asked = Change of the email address asked for
history-email_changed = Email address changed
history-email_change_undone = Change of the email address undone
history-passkey_copied = A passkey was refused: there may be a copy of it
history-factor_added = Second factor added: { $method }
history-factor_renamed = Second factor renamed: { $method }
history-factor_removed = Second factor removed: { $method }
history-recovery_codes_made = New recovery codes made
history-recovery_codes_removed = Recovery codes removed
history-recovery_code_used = { $n ->
    [one] Recovery code used, { $n } is left
   *[other] Recovery code used, { $n } are left
}
history-session_ended = A session was ended from another one
history-app_disconnected = { $app } was disconnected
history-data_exported = Your data was downloaded
history-account_deleted = Account deleted
history-account_restored = Account restored
history-account_purged = Account erased
history-user_added = Account created
history-user_disabled = Account disabled
history-user_enabled = Account enabled again
history-role_changed = Role changed to { $role }
history-factors_reset = All second factors removed
history-role_set = Role { $role } changed
history-resource_set = An API was changed
history-resource_removed = An API was removed
history-registration_token_made = A token for registering apps was made
history-keys_rotated = New signing keys
history-key_withdrawn = Signing key withdrawn
history-keys_reencrypted = Keys encrypted anew
history-other = Something else happened

# Why a sign-in was refused, where it was not the password
history-refused-account_disabled = Sign-in refused: the password or passkey was right, but the account is disabled
history-refused-account_deleted = Sign-in refused: the password or passkey was right, but the account is deleted
history-refused-email_unverified = Sign-in refused: the password or passkey was right, but the email address is not confirmed
history-refused-factor_enrolment_required = Sign-in refused: the password was right, but your role demands a second factor
history-refused-passkey_refused = Sign-in refused: the passkey was not accepted

# What the texts above are filled with
history-some-app = an app
history-no-role = none
history-method-password = password
history-method-code = one-time code
history-method-totp = authenticator app
history-method-passkey = passkey
history-method-email = code by email
history-method-recovery = recovery code
history-method-other = another kind

# The page
history-intro = Every sign-in to your account, and every change to what protects it. The newest comes first.
history-not-me = Was something not you? Change your password
history-all = Everything
history-sign-ins = Sign-ins only
history-which = Show:
history-succeeded = Succeeded
history-refused = Refused
history-delayed = Not tried
history-with = With { $method }
history-new-device = new device
history-by-administrator = by whoever runs this service
history-none = Nothing has happened yet.
history-older = Older
history-newest = Back to the newest

# Everybody’s events, for administrators
history-everybody = What happened to everybody
trail-title = What happened to everybody
trail-text = Sign-ins, changes and what was done by command, of all accounts. The newest comes first.
trail-who = Whose account
trail-who-hint = Email address, or the account’s identifier (sub) for one that is gone
trail-nobody = There is no account with this address
trail-kind = What happened
trail-actor = Who did it
trail-any = Any
trail-from = From (day)
trail-to = Before (day)
trail-filter = Show
trail-events = Events
trail-none = No event matches.
trail-by = by { $method }
trail-actor-self = the person
trail-actor-client = an app
trail-actor-administrator = an administrator
trail-actor-operator = whoever runs the server
trail-actor-job = the server
trail-actor-stranger = somebody unknown
