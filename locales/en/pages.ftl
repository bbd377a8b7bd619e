# The frame
language-label = Language
title-error-prefix = Error:
problem-title = There is a problem
continue = Continue
cancel = Cancel
cancel-to = Cancel and return to { $app }
return-to = Return to { $app }
signed-in-as = Signed in as { $email }.
not-you = Not you?
new-tab = (opens in a new tab)

# The app that asks
app-verified = Verified
app-returns-to = You will return to
app-site = About the app
app-policy = Privacy policy
app-terms = Terms of service

# Signing in
sign-in = Sign in
sign-in-to = Sign in to { $app }
sign-in-again = Confirm that it’s you
sign-in-again-why = Sign in again to go on. You are asked because what follows needs a sign-in that is recent, or safer than your last one.
sign-in-username = Email address
sign-in-password = Password
show = Show
show-password = Show password
sign-in-username-empty = Enter your email address
sign-in-password-empty = Enter your password
sign-in-bad-credentials = The email address or the password is wrong. Check both and try again.
sign-in-password-again = Enter your password again
sign-in-try-later = There were too many attempts. Wait { $wait }, then try again.
sign-in-expired = This page was open for too long. Enter your details again.

# Choosing an account
select-account = Choose an account
select-account-for = Choose an account for { $app }
select-account-other = Use another account

# Consent
consent-title = Allow { $app } to use your account
consent-asks = { $app } would like to:
consent-at-api = Tell { $api } who you are
consent-new = New
consent-granted = What you allowed before
consent-unverified = { $brand } has not verified this app. Allow it only if you know and trust it.
consent-allow = Allow
consent-deny = Deny

# Signing out
sign-out-title = Do you want to sign out?
sign-out-asked = { $app } asks to end your session here.
sign-out = Sign out
sign-out-stay = Stay signed in
signed-out-title = You are signed out
signed-out-text = Your session with { $brand } has ended in this browser.

# The start page
home-name = Name
home-email = Email address
home-role = Role
home-last = Last sign-in
home-last-not-me = Was it not you?
home-first = This is your first sign-in
home-sessions = Sessions
home-sessions-count = { $n ->
    [one] { $n } open, this one
   *[other] { $n } open, this one included
}
welcome-title = Welcome to { $brand }
welcome-text = Apps send you here to sign in. They learn only what you allow, and never your password.

# An answer on its way to the app
form-post-title = Returning to the app
form-post-text = One more step: continue to return to the app.

# The API’s description
docs-link = API documentation
docs-title = API documentation
docs-title-of = { $title }: API documentation
docs-source = The same as an OpenAPI document
docs-accounts = The JSON API of accounts
docs-protocol = OAuth 2 and OpenID Connect
docs-parameters = Parameters
docs-required = required
docs-body = Body
docs-answers = Responses
