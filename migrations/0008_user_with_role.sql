-- A user with the role's name and permissions, as the grant statements read it: one shape, so that
-- claims never depend on which statement loaded them.
CREATE VIEW user_with_role AS
SELECT
  u.id_user, u.email,
  a.sub, a.email_verified, a.name, a.given_name, a.family_name, a.middle_name, a.nickname,
  a.preferred_username, a.profile, a.picture, a.website, a.gender, a.birthdate, a.zoneinfo,
  a.locale, a.phone_number, a.phone_number_verified, a.address,
  a.disabled_at IS NOT NULL AS disabled,
  extract(epoch FROM a.updated_at)::bigint AS updated_at,
  r.name AS role,
  coalesce(r.permissions, '[]'::jsonb) AS permissions
FROM users u
JOIN user_account a USING (id_user)
LEFT JOIN role r ON r.id_role = u.role_id;
