//! Encryption at rest: the key-encryption key seals what the database must not show in plain
//! (private signing keys, the server's own secrets) with AES-256-GCM.
//!
//! A sealed value is bound to the place where it stands: the associated data names its table, column
//! and row, so that a value moved to another row does not open.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::secret::{Secret, random_bytes};

const KEY_LEN: usize = 32;
/// The only version: AES-256-GCM, then 12 bytes of nonce, ciphertext, 16 bytes of tag.
const VERSION: u8 = 1;

/// The key that seals secrets at rest: 32 random bytes, kept outside the database.
pub struct KeyEncryptionKey {
    key: LessSafeKey,
    origin: String,
}

/// Why a key-encryption key could not be had, or a sealed value not be opened.
#[derive(Debug, thiserror::Error)]
pub enum CipherError {
    /// There is no such file.
    #[error(
        "there is no key-encryption key at {}: restore that file from its backup, or, for a new \
         database, create one with `auth-api keys init`", .0.display()
    )]
    Missing(PathBuf),
    /// A file stands where a new key should be written; it may be the only copy.
    #[error("{} exists already: a key-encryption key is never overwritten", .0.display())]
    Exists(PathBuf),
    /// The file or setting is not 32 bytes in base64url.
    #[error(
        "the key-encryption key read from {0} is not one line of 43 base64url characters (32 bytes)"
    )]
    Format(String),
    /// The file could not be read or written.
    #[error("the key-encryption key at {}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another key sealed the value, or for another row, or it was altered.
    #[error(
        "a sealed value does not open with the key-encryption key read from {0}: it was sealed \
         with another key, for another row, or altered"
    )]
    Open(String),
}

impl KeyEncryptionKey {
    /// Reads the key from its file: one line, base64url without padding.
    pub fn load(path: &Path) -> Result<Self, CipherError> {
        let text = fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|source| {
                if source.kind() == io::ErrorKind::NotFound {
                    CipherError::Missing(path.to_owned())
                } else {
                    CipherError::Io {
                        path: path.to_owned(),
                        source,
                    }
                }
            })?;
        Self::parse(&text, path.display().to_string())
    }

    /// Takes the key from a setting or the environment, in the same format as the file.
    pub fn from_secret(secret: &Secret) -> Result<Self, CipherError> {
        Self::parse(secret.expose(), "the configuration".to_owned())
    }

    /// Makes a new key and its file, readable by its owner alone. The file appears whole or not at
    /// all, and one that exists is never overwritten: it may be the only copy.
    pub fn create(path: &Path) -> Result<Self, CipherError> {
        let bytes = Zeroizing::new(random_bytes::<KEY_LEN>());
        let line = Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()) + "\n");
        write_new(path, line.as_bytes()).map_err(|source| {
            if source.kind() == io::ErrorKind::AlreadyExists {
                CipherError::Exists(path.to_owned())
            } else {
                CipherError::Io {
                    path: path.to_owned(),
                    source,
                }
            }
        })?;
        Self::from_bytes(bytes.as_slice(), path.display().to_string())
    }

    /// Reads the key, or makes one where there is none; safe between processes that start at once.
    pub fn load_or_create(path: &Path) -> Result<Self, CipherError> {
        match Self::load(path) {
            Err(CipherError::Missing(_)) => match Self::create(path) {
                Err(CipherError::Exists(_)) => Self::load(path),
                created => created,
            },
            loaded => loaded,
        }
    }

    /// Where the key was read from, for messages.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Encrypts `plain`, bound to `aad` (see [`row_identity`]).
    ///
    /// # Panics
    /// For more than 64 GiB, the bound of AES-GCM.
    #[allow(clippy::expect_used)]
    pub fn seal(&self, aad: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce = random_bytes::<NONCE_LEN>();
        let mut body = plain.to_vec();
        self.key
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(aad),
                &mut body,
            )
            .expect("AES-GCM seals anything shorter than 64 GiB");
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + body.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&body);
        sealed
    }

    /// Decrypts what [`seal`](Self::seal) made for the same `aad`.
    pub fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CipherError> {
        let refused = || CipherError::Open(self.origin.clone());
        let (version, rest) = sealed.split_first().ok_or_else(refused)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or_else(refused)?;
        if *version != VERSION {
            return Err(refused());
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| refused())?;
        let mut plain = Zeroizing::new(body.to_vec());
        let length = self
            .key
            .open_in_place(nonce, Aad::from(aad), &mut plain)
            .map_err(|_| refused())?
            .len();
        plain.truncate(length);
        Ok(plain)
    }

    fn parse(text: &str, origin: String) -> Result<Self, CipherError> {
        match URL_SAFE_NO_PAD.decode(text.trim()).map(Zeroizing::new) {
            Ok(bytes) => Self::from_bytes(&bytes, origin),
            Err(_) => Err(CipherError::Format(origin)),
        }
    }

    fn from_bytes(bytes: &[u8], origin: String) -> Result<Self, CipherError> {
        match UnboundKey::new(&AES_256_GCM, bytes) {
            Ok(key) => Ok(Self {
                key: LessSafeKey::new(key),
                origin,
            }),
            Err(_) => Err(CipherError::Format(origin)),
        }
    }
}

impl fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyEncryptionKey(from {})", self.origin)
    }
}

/// The associated data of a sealed column: where the value stands. Each part is preceded by its
/// length, so that no two places share an encoding.
pub fn row_identity(table: &str, column: &str, row: &str) -> Vec<u8> {
    let mut identity = Vec::with_capacity(24 + table.len() + column.len() + row.len());
    for part in [table, column, row] {
        identity.extend_from_slice(&(part.len() as u64).to_be_bytes());
        identity.extend_from_slice(part.as_bytes());
    }
    identity
}

/// Writes a file that no one has seen half-written and that replaces nothing: a hard link fails
/// where a rename would overwrite.
fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(directory)?;
    let unique = URL_SAFE_NO_PAD.encode(random_bytes::<9>());
    let temporary = directory.join(format!(".kek-{unique}.tmp"));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .and_then(|()| fs::hard_link(&temporary, path));
    let removed = fs::remove_file(&temporary);
    written?;
    removed?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn key() -> KeyEncryptionKey {
        KeyEncryptionKey::from_secret(&Secret::generate()).unwrap()
    }

    struct Directory(PathBuf);

    impl Directory {
        fn new() -> Self {
            let unique = URL_SAFE_NO_PAD.encode(random_bytes::<9>());
            let path = std::env::temp_dir().join(format!("auth-api-cipher-{unique}"));
            fs::create_dir(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn opens_what_it_sealed() {
        let key = key();
        for plain in [&b""[..], b"x", &[7; 5000]] {
            let sealed = key.seal(b"place", plain);
            assert_eq!(key.open(b"place", &sealed).unwrap().as_slice(), plain);
        }
        assert_ne!(key.seal(b"place", b"same"), key.seal(b"place", b"same"));
    }

    #[test]
    fn refuses_another_place_key_or_content() {
        let key = key();
        let here = row_identity("signing_key", "private_key_sealed", "a");
        let there = row_identity("signing_key", "private_key_sealed", "b");
        let sealed = key.seal(&here, b"plain");
        assert!(key.open(&there, &sealed).is_err());
        assert!(self::key().open(&here, &sealed).is_err());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(key.open(&here, &altered).is_err(), "byte {at}");
            assert!(key.open(&here, &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn row_identities_are_unambiguous() {
        assert_ne!(row_identity("ab", "c", "d"), row_identity("a", "bc", "d"));
        assert_ne!(row_identity("a", "b", ""), row_identity("a", "", "b"));
    }

    #[test]
    fn a_file_is_private_and_never_overwritten() {
        let directory = Directory::new();
        let path = directory.0.join("kek");
        assert!(matches!(
            KeyEncryptionKey::load(&path),
            Err(CipherError::Missing(_))
        ));
        let created = KeyEncryptionKey::create(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::read_to_string(&path).unwrap().len(), 44);
        assert!(matches!(
            KeyEncryptionKey::create(&path),
            Err(CipherError::Exists(_))
        ));
        assert_eq!(
            fs::read_dir(&directory.0).unwrap().count(),
            1,
            "no temporary file is left"
        );
        let sealed = created.seal(b"", b"plain");
        let loaded = KeyEncryptionKey::load_or_create(&path).unwrap();
        assert_eq!(loaded.open(b"", &sealed).unwrap().as_slice(), b"plain");
    }

    #[test]
    fn a_malformed_key_is_told_with_its_file_and_not_its_content() {
        let directory = Directory::new();
        let path = directory.0.join("kek");
        for text in ["", "c2hvcnQ", "not base64url !"] {
            fs::write(&path, text).unwrap();
            let message = KeyEncryptionKey::load(&path).unwrap_err().to_string();
            assert!(message.contains(path.to_str().unwrap()), "{message}");
            assert!(text.is_empty() || !message.contains(text), "{message}");
        }
    }
}
