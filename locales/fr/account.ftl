# L’espace du compte : la liste de ses pages
account-title = Votre compte
account-overview = Vue d’ensemble
account-profile = Profil
account-password = Mot de passe
account-email = Adresse e-mail
account-factors = Seconds facteurs
account-sessions = Sessions
account-history = Historique
account-apps = Applications connectées
account-data = Télécharger mes données
account-delete = Supprimer mon compte

# Tous les formulaires
form-expired = Cette page est restée ouverte trop longtemps, ou vous avez ouvert ou fermé une session dans un autre onglet. Votre saisie est conservée : vérifiez-la, puis envoyez-la de nouveau.
