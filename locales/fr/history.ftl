# Ce qui est arrivé à un compte : `history-<kind>` pour chaque sorte d’évènement
history-signed_in = Connexion
history-sign_in_refused = Connexion refusée : le mot de passe était incorrect
history-second_factor_asked = Mot de passe correct ; seconde étape demandée
history-second_factor_refused = Connexion refusée : la seconde étape était incorrecte
history-sign_in_delayed = Connexion non tentée : il y avait eu trop de tentatives
history-second_factor_delayed = Seconde étape non tentée : il y avait eu trop de tentatives
history-signed_out = Déconnexion
history-consent_given = Vous avez autorisé { $app } à utiliser votre compte
history-grant_revoked_by_replay = L’accès de { $app } a pris fin, car une ancienne clé est revenue
history-token_revoked = { $app } a rendu son accès
history-client_registered = L’application { $app } a été enregistrée
history-client_replaced = L’enregistrement de { $app } a été modifié
history-client_deleted = L’application { $app } a été supprimée
history-registered = Compte créé
history-email_verified = Adresse e-mail confirmée
history-profile_changed = Profil modifié
history-password_changed = Mot de passe modifié
history-password_reset_asked = Un lien pour un nouveau mot de passe a été demandé
history-password_reset = Nouveau mot de passe défini par un lien reçu par e-mail
history-password_voided = Mot de passe annulé, car un changement d’adresse e-mail a été annulé
history-email_change_asked = Changement d’adresse e-mail demandé
history-email_changed = Adresse e-mail modifiée
history-email_change_undone = Changement d’adresse e-mail annulé
history-passkey_copied = Une clé d’accès a été refusée : il en existe peut-être une copie
history-factor_added = Second facteur ajouté : { $method }
history-factor_renamed = Second facteur renommé : { $method }
history-factor_removed = Second facteur supprimé : { $method }
history-recovery_codes_made = Nouveaux codes de secours créés
history-recovery_codes_removed = Codes de secours supprimés
history-recovery_code_used = { $n ->
    [one] Code de secours utilisé, il en reste { $n }
   *[other] Code de secours utilisé, il en reste { $n }
}
history-session_ended = Une session a été fermée depuis une autre
history-app_disconnected = { $app } a été déconnectée de votre compte
history-data_exported = Vos données ont été téléchargées
history-account_deleted = Compte supprimé
history-account_restored = Compte rétabli
history-account_purged = Compte effacé
history-user_added = Compte créé
history-user_disabled = Compte désactivé
history-user_enabled = Compte réactivé
history-role_changed = Nouveau rôle : { $role }
history-factors_reset = Tous les seconds facteurs ont été supprimés
history-role_set = Rôle { $role } modifié
history-resource_set = Une API a été modifiée
history-resource_removed = Une API a été supprimée
history-registration_token_made = Un jeton pour enregistrer des applications a été créé
history-keys_rotated = Nouvelles clés de signature
history-key_withdrawn = Clé de signature retirée
history-keys_reencrypted = Clés chiffrées de nouveau
history-other = Autre évènement

# Pourquoi une connexion a été refusée, quand ce n’était pas le mot de passe
history-refused-account_disabled = Connexion refusée : le mot de passe ou la clé d’accès était correct, mais le compte est désactivé
history-refused-account_deleted = Connexion refusée : le mot de passe ou la clé d’accès était correct, mais le compte est supprimé
history-refused-email_unverified = Connexion refusée : le mot de passe ou la clé d’accès était correct, mais l’adresse e-mail n’est pas confirmée
history-refused-factor_enrolment_required = Connexion refusée : le mot de passe était correct, mais votre rôle exige un second facteur
history-refused-passkey_refused = Connexion refusée : la clé d’accès n’a pas été acceptée

# Ce qui remplit les textes ci-dessus
history-some-app = une application
history-no-role = aucun
history-method-password = mot de passe
history-method-code = code à usage unique
history-method-totp = application d’authentification
history-method-passkey = clé d’accès
history-method-email = code par e-mail
history-method-recovery = code de secours
history-method-other = un autre moyen

# La page
history-intro = Toutes les connexions à votre compte, et tous les changements de ce qui le protège. Le plus récent vient en premier.
history-not-me = Ce n’était pas vous ? Modifiez votre mot de passe
history-all = Tout
history-sign-ins = Connexions seulement
history-which = Affichage :
history-succeeded = Réussie
history-refused = Refusée
history-delayed = Non tentée
history-with = Avec { $method }
history-new-device = nouvel appareil
history-by-administrator = par le gestionnaire de ce service
history-none = Il ne s’est encore rien passé.
history-older = Plus anciens
history-newest = Revenir aux plus récents

# Les évènements de tous, pour les administrateurs
history-everybody = Ce qui est arrivé à tous
trail-title = Ce qui est arrivé à tous
trail-text = Les connexions, les changements et ce qui a été fait par commande, pour tous les comptes. Le plus récent vient en premier.
trail-who = Le compte
trail-who-hint = Adresse e-mail, ou identifiant du compte (sub) s’il n’existe plus
trail-nobody = Il n’y a pas de compte avec cette adresse
trail-kind = Ce qui est arrivé
trail-actor = Par qui
trail-any = Indifférent
trail-from = À partir du (jour)
trail-to = Avant le (jour)
trail-filter = Afficher
trail-events = Évènements
trail-none = Aucun évènement ne correspond.
trail-by = par { $method }
trail-actor-self = la personne
trail-actor-client = une application
trail-actor-administrator = un administrateur
trail-actor-operator = le gestionnaire du serveur
trail-actor-job = le serveur
trail-actor-stranger = un inconnu
