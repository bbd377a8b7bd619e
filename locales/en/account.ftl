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

# Every form
form-expired = This page was open for too long, or you signed in or out in another tab. What you entered is still here: check it, then send it again.
