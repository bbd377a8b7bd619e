# Le cadre
language-label = Langue
title-error-prefix = Erreur :
problem-title = Il y a un problème
continue = Continuer
cancel = Annuler
cancel-to = Annuler et revenir à { $app }
return-to = Revenir à { $app }
signed-in-as = Votre compte : { $email }.
not-you = Ce n’est pas vous ?
new-tab = (s’ouvre dans un nouvel onglet)

# L’application qui demande
app-verified = Vérifiée
app-returns-to = Retour vers
app-site = À propos de l’application
app-policy = Confidentialité
app-terms = Conditions d’utilisation

# Se connecter
sign-in = Se connecter
sign-in-to = Se connecter à { $app }
sign-in-again = Confirmez votre identité
sign-in-again-why = Connectez-vous de nouveau pour continuer. La suite exige une connexion récente, ou plus sûre que la dernière.
sign-in-username = Adresse e-mail
sign-in-password = Mot de passe
show = Afficher
show-password = Afficher le mot de passe
sign-in-username-empty = Saisissez votre adresse e-mail
sign-in-password-empty = Saisissez votre mot de passe
sign-in-bad-credentials = L’adresse e-mail ou le mot de passe est incorrect. Vérifiez les deux, puis réessayez.
sign-in-password-again = Saisissez de nouveau votre mot de passe
sign-in-try-later = Il y a eu trop de tentatives. Patientez { $wait }, puis réessayez.
sign-in-expired = Cette page est restée ouverte trop longtemps. Saisissez de nouveau vos identifiants.

# Choisir un compte
select-account = Choisir un compte
select-account-for = Choisir un compte pour { $app }
select-account-other = Utiliser un autre compte

# Consentement
consent-title = Autoriser { $app } à utiliser votre compte
consent-asks = { $app } souhaite :
consent-at-api = Indiquer à { $api } qui vous êtes
consent-new = Nouveau
consent-granted = Ce que vous avez déjà autorisé
consent-unverified = { $brand } n’a pas vérifié cette application. N’autorisez que si vous la connaissez et lui faites confiance.
consent-allow = Autoriser
consent-deny = Refuser

# Se déconnecter
sign-out-title = Voulez-vous vous déconnecter ?
sign-out-asked = { $app } demande à mettre fin à votre session.
sign-out = Se déconnecter
sign-out-stay = Garder la session ouverte
signed-out-title = Votre session est fermée
signed-out-text = Vous n’êtes plus en session auprès de { $brand } dans ce navigateur.

# La page d’accueil
home-name = Nom
home-email = Adresse e-mail
home-role = Rôle
home-last = Dernière connexion
home-last-not-me = Ce n’était pas vous ?
home-first = C’est votre première connexion
home-sessions = Sessions
home-sessions-count = { $n ->
    [one] { $n } ouverte, celle-ci
   *[other] { $n } ouvertes, dont celle-ci
}
welcome-title = Bienvenue sur { $brand }
welcome-text = Les applications vous envoient ici pour vous connecter. Elles n’apprennent que ce que vous autorisez, et jamais votre mot de passe.

# Une réponse en route vers l’application
form-post-title = Retour à l’application
form-post-text = Encore une étape : continuez pour revenir à l’application.

# La description de l’API
docs-link = Documentation de l’API
docs-title = Documentation de l’API
docs-title-of = { $title } : documentation de l’API
docs-source = La même au format OpenAPI
docs-accounts = L’API JSON des comptes
docs-protocol = OAuth 2 et OpenID Connect
docs-parameters = Paramètres
docs-required = obligatoire
docs-body = Corps
docs-answers = Réponses
