//! Pages and what leads through them: authorization, sign-in, consent, logout.
