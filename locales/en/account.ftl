# The account area: the list of its pages
account-title = Your account
account-overview = Overview
account-profile = Profile
account-password = Password
account-email = Email address
account-factors = Second factors
account-sessions = Sessions
account-history = History
account-apps = Connected apps
account-data = Download my data
account-delete = Delete my account
account-skip = Go to the account menu

# Every form
form-expired = This page was open for too long, or you signed in or out in another tab. What you entered is still here: check it, then send it again.
form-other-person = Somebody else has signed in since this page was opened, so nothing was done. This is now the account of the person who is signed in.

# A sign-in that ended in the middle of a form
ended-title = Your session has ended
ended-text = Nothing has been saved yet, and nothing you entered is lost: this page keeps it. Sign in again in a new tab.
ended-confirm = This change needs a recent sign-in. Nothing you entered is lost: this page keeps it. Sign in again in a new tab.
ended-then = Then come back to this page and go on.
ended-go-on = I have signed in: go on

# The profile
profile-text = Apps see what you tell here only if you allow it. Every field may stay empty.
profile-done = Your profile is saved.
profile-save = Save
profile-names = Names
profile-name = Full name
profile-name-hint = As it should be shown
profile-given-name = Given name
profile-middle-name = Middle name
profile-family-name = Family name
profile-nickname = Nickname
profile-preferred-username = Preferred user name
profile-preferred-username-hint = What apps may call you. You still sign in with your email address.
profile-person = About you
profile-gender = Gender
profile-birthdate = Date of birth
profile-birthdate-hint = For example, 10 12 1990. The year alone will do, or the day and the month.
profile-day = Day
profile-month = Month
profile-year = Year
profile-picture = Picture
profile-url-hint = An address on the web that begins with https://
profile-profile = Profile page
profile-website = Website
profile-place = Language and contact
profile-locale = Language
profile-not-told = Not told
profile-zoneinfo = Time zone
profile-zoneinfo-hint = For example, Europe/Paris
profile-phone-number = Phone number
profile-phone-number-hint = With the country code. For example, +33 1 23 45 67 89
profile-phone-verified = This number has been verified. A new one will not be.
profile-address = Postal address
profile-street-address = Street and number
profile-postal-code = Postal code
profile-locality = Town or city
profile-region = Region or state
profile-country = Country

# What is wrong with a field of the profile
profile-problem = { $label }: { $text }
profile-too-long = shorten it to { $n } characters at most
profile-bad-characters = remove the characters that can’t be seen
profile-bad-url = enter a whole address that begins with https:// or http://
profile-bad-date = enter a real date, like 10 12 1990
profile-date-in-future = enter a date in the past
profile-bad-date-json = write it as YYYY-MM-DD, as 0000-MM-DD without the year, or as YYYY for the year alone
profile-bad-zone = enter the name of a time zone, like Europe/Paris
profile-bad-language = enter a language tag, like fr or en-GB
profile-bad-phone = enter a number with its country code, like +33 1 23 45 67 89

# What protects the account
overview-protection = What protects your account
overview-password = A password
overview-password-changed = A password, changed on { $date }
overview-change = Change
overview-passkey = Passkeys
overview-totp = Codes from an authenticator app
overview-email-code = Codes by email
overview-recovery-codes = { $n ->
    [0] No recovery codes left
    [one] { $n } recovery code left
   *[other] { $n } recovery codes left
}
overview-on = On
overview-no-factor = No second factor: whoever learns your password gets in.
overview-factors = Manage second factors
overview-lost = If you lose a factor
overview-advice-none = You have no second factor that could get lost. If you forget your password, we send a link to your email address.
overview-advice-no-codes = Without recovery codes, a lost device can lock you out. Make recovery codes now and keep them in a safe place.
overview-advice = Sign in with another factor or with a recovery code, then remove the one you lost and add a new one. Keep your recovery codes in a safe place.

# Sessions
sessions-text = This is where you are signed in. End a session that you don’t recognise, then change your password.
sessions-not-all = You have { $all } sessions. These are the { $n } that were used last.
sessions-current = This one
sessions-address = From { $ip }
sessions-signed-in = Signed in on
sessions-last-seen = Last used on
sessions-end = End this session
sessions-end-others = End all other sessions
sessions-end-means = What apps were allowed in a session ends with it. They have to ask again.
sessions-done-one = The session has ended.
sessions-done-others = All other sessions have ended.

# Connected apps
apps-none = No app has access to your account.
apps-text = These apps have access to your account.
apps-not-all = { $all } apps have access to your account. These are the { $n } newest. Disconnect those that you don’t need, and the others come up.
apps-since = Since
apps-may = What it may do
apps-disconnect = Disconnect
apps-disconnect-title = Disconnect { $app }?
apps-disconnect-means = The app loses its access to your account. Next time it has to ask you again.
apps-disconnect-keeps = What it has already stored about you stays with it.
apps-disconnect-no = Keep the access
apps-done = { $app } no longer has access to your account.

# The password
password-title = Change your password
password-text = Every other session ends when you change it, and apps have to ask for access again.
password-old = Current password
password-new = New password
password-save = Change my password
password-forgot = I forgot my password
password-done = Your password is changed. All other sessions have ended.
password-old-missing = Enter your current password
password-old-wrong = This is not your current password. Check it and try again.
password-unchanged = Choose a password that differs from the current one

# The email address
email-current = You sign in with { $email }.
email-verified = Confirmed
email-unverified = This address is not confirmed
email-unverified-text = Confirm that { $email } is yours, so that apps can rely on it.
email-verify = Send me a link
email-verify-sent = We have sent you a message. Open the link in it to confirm your address.
email-pending = A message is on its way to { $email }. Open the link in it within { $wait }; until then your address stays as it is.
email-new = New email address
email-new-hint = We send a link there to confirm that it is yours, and tell your current address.
email-save = Change my address
email-unchanged = Enter an address that differs from the current one
email-taken = Another account has this address by now. Sign in to that account, or choose another address for this one.
email-changed-title = Your email address is changed
email-changed-text = Sign in with the new address from now on. We have told the old one, which can undo the change for a while.
email-undone-title = Your email address stays as it was
email-undone-text = Every session of your account has ended, here too. Second factors, recovery codes and apps that came in the days before the change was asked for, or since, were taken back.
email-undone-taken = Taken back, for it may be a stranger’s: { $list }. The mail that we have just sent to this address says more.
email-undone-password = Your password no longer works, for whoever asked for the change may know it: set a new one now. Then look at the second factors and the history of your account.
email-undone-next = If it was not you who asked for the change, somebody may know your password: set a new one now. Then look at the second factors and the history of your account.
