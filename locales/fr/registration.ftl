# Liens envoyés par e-mail
link-used-title = Ce lien a déjà servi
link-expired-title = Ce lien n’est plus valable
link-withdrawn-title = Un lien plus récent vous a été envoyé
link-unknown-title = Ce lien ne fonctionne pas
link-withdrawn = Un autre message a été demandé après celui-ci. Utilisez le lien du message le plus récent.
link-unknown = Il est peut-être incomplet. Ouvrez le lien directement depuis le message, ou copiez-le en entier.
link-again = M’envoyer un nouveau lien
link-verify-email = Confirmez votre adresse e-mail
    .text = Appuyez sur le bouton pour confirmer que l’adresse { $email } est bien la vôtre.
    .plain = Appuyez sur le bouton pour confirmer que cette adresse est bien la vôtre.
    .button = Confirmer mon adresse
    .used = Si c’est vous qui l’avez utilisé, votre adresse est confirmée : connectez-vous.
    .expired = Faites envoyer un nouveau lien à la même adresse.
link-reset-password = Choisissez un nouveau mot de passe
    .text = Appuyez sur le bouton pour choisir un nouveau mot de passe pour { $email }.
    .plain = Appuyez sur le bouton pour choisir un nouveau mot de passe.
    .button = Choisir un nouveau mot de passe
    .used = Si c’est vous qui l’avez utilisé, connectez-vous avec votre nouveau mot de passe. Sinon, faites envoyer un nouveau lien et choisissez-en un autre.
    .expired = Pour votre sécurité, il n’était valable que peu de temps. Faites envoyer un nouveau lien.
link-change-email = Confirmez votre nouvelle adresse e-mail
    .text = Appuyez sur le bouton pour vous connecter désormais avec { $email }.
    .plain = Appuyez sur le bouton pour vous connecter désormais avec cette adresse.
    .button = Utiliser cette adresse
    .used = Si c’est vous qui l’avez utilisé, votre nouvelle adresse est en place : connectez-vous avec elle.
    .expired = Connectez-vous avec votre adresse actuelle et demandez de nouveau le changement.
link-undo-email-change = Gardez votre adresse e-mail
    .text = Appuyez sur le bouton pour que { $email } soit de nouveau l’adresse de votre compte. Ceci sert à arrêter un changement que vous n’avez pas demandé : toutes les sessions sont fermées, le mot de passe ne sert plus, et les seconds facteurs apparus dans les jours précédant la demande, ou depuis, sont retirés.
    .plain = Appuyez sur le bouton pour que cette adresse soit de nouveau celle de votre compte. Ceci sert à arrêter un changement que vous n’avez pas demandé : toutes les sessions sont fermées, le mot de passe ne sert plus, et les seconds facteurs apparus dans les jours précédant la demande, ou depuis, sont retirés.
    .button = Garder cette adresse
    .used = Le changement a été annulé. Connectez-vous avec l’adresse à laquelle ce message a été envoyé. Si votre mot de passe ne sert plus, choisissez-en un nouveau par « Mot de passe oublié ? ».
    .expired = Le délai pour annuler le changement est écoulé. Contactez le responsable de ce service.
link-restore-account = Rétablissez votre compte
    .text = Appuyez sur le bouton pour annuler la suppression du compte { $email }.
    .plain = Appuyez sur le bouton pour annuler la suppression de votre compte.
    .button = Rétablir mon compte
    .used = Si c’est vous qui l’avez utilisé, votre compte est rétabli : connectez-vous.
    .expired = Le délai pour rétablir votre compte est écoulé.

# Créer un compte
create-account = Créer un compte
create-account-for = Créer un compte pour { $app }
create-account-email-hint = Nous y envoyons un message pour confirmer qu’elle est bien la vôtre.
create-account-given-name = Prénom (facultatif)
create-account-family-name = Nom de famille (facultatif)
create-account-submit = Créer mon compte
create-account-known = Vous avez déjà un compte ?
new-password-hint = Au moins 8 caractères. Quelques mots sans rapport entre eux sont faciles à retenir et difficiles à deviner.
password-missing = Saisissez un mot de passe
email-malformed = Saisissez une adresse e-mail complète, comme nom@example.com
email-too-long = Saisissez une adresse e-mail de 100 caractères au plus
registration-busy = Beaucoup de personnes utilisent ce service en ce moment. Patientez quelques secondes, puis réessayez.
registration-verified = Votre adresse est confirmée. Connectez-vous pour continuer.
registration-reset-done = Votre mot de passe est enregistré et toutes les autres sessions sont fermées. Connectez-vous avec le nouveau mot de passe.

# Consultez votre messagerie
check-mail = Consultez votre messagerie
check-mail-verify = Nous avons envoyé un message à { $email }. Ouvrez le lien qu’il contient pour confirmer que l’adresse est bien la vôtre. Si vous avez déjà un compte, le message indique comment y accéder.
check-mail-verify-anywhere = Nous envoyons un message à l’adresse que vous avez saisie. Ouvrez le lien qu’il contient pour confirmer que l’adresse est bien la vôtre.
check-mail-reset = S’il existe un compte avec l’adresse { $email }, nous y avons envoyé un message. Ouvrez le lien qu’il contient pour choisir un nouveau mot de passe.
check-mail-reset-anywhere = S’il existe un compte avec l’adresse que vous avez saisie, nous y envoyons un message. Ouvrez le lien qu’il contient pour choisir un nouveau mot de passe.
check-mail-valid = Le lien est valable pendant { $time } et ne sert qu’une fois.
check-mail-nothing = Pas de message ?
check-mail-look = Il peut mettre quelques minutes à arriver. Regardez aussi parmi les messages indésirables et vérifiez l’adresse. Nous n’envoyons que quelques messages de suite à une même adresse : après plusieurs demandes, patientez une demi-heure.
check-mail-again = Envoyer de nouveau
check-mail-again-done = S’il y a quelque chose à envoyer, c’est en route. Seul le lien le plus récent est valable.
check-mail-other = Saisir une autre adresse

# Un mot de passe oublié
forgot-password = Mot de passe oublié ?
forgot-password-text = Saisissez l’adresse de votre compte. Nous y envoyons un lien qui permet de choisir un nouveau mot de passe.
forgot-password-submit = M’envoyer un lien
forgot-password-back = Retour à la connexion
reset-password-for = Ce sera le nouveau mot de passe de { $email }.
reset-password-new = Nouveau mot de passe
reset-password-effect = Toutes les sessions de votre compte seront fermées, applications comprises. Vos seconds facteurs ne changent pas.
reset-password-email-uncounted = Ensuite, les codes par e-mail ne compteront pas pour vous connecter. Ayez sous la main un autre second facteur ou un code de secours. Sans cela, seuls ceux qui gèrent { $brand } pourront vous rendre l’accès.
reset-password-submit = Enregistrer le nouveau mot de passe
