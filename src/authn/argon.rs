//! Argon2 over memory that is kept from one hash to the next and goes back to the system in the end.
//!
//! Left to itself, each hash allocates its 19 MiB in the heap of whichever thread computes it, and
//! glibc keeps that heap (its limit for mapping a block of its own grows with what was freed, up to
//! 32 MiB): after a few sign-ins on several threads, hundreds of megabytes stay.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{Error, Result};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// glibc's DEFAULT_MMAP_THRESHOLD_MAX is 32 MiB: a larger block is always mapped, and unmapped when it
/// is freed (mallopt(3)). What is not touched of it costs no memory.
const ALWAYS_MAPPED: usize = 33 * 1024;

/// What a hash is computed in.
#[derive(Default)]
pub struct Memory(Vec<Block>);

impl Memory {
    /// Whether it takes none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// So many blocks, with whatever stands in them: the first pass writes each before it is read.
    fn blocks(&mut self, count: usize) -> &mut [Block] {
        if self.0.len() < count {
            self.0 = Vec::with_capacity(count.max(ALWAYS_MAPPED));
            self.0.resize(count, Block::new());
        }
        self.0.get_mut(..count).unwrap_or_default()
    }
}

/// The Argon2id hash of a password.
///
/// # Errors
/// When the parameters are impossible.
pub fn hash(
    memory: &mut Memory,
    password: &[u8],
    salt: &[u8],
    params: Params,
) -> Result<PasswordHash> {
    let (algorithm, version) = (Algorithm::Argon2id, Version::V0x13);
    let kept = ParamsString::try_from(&params)?;
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let argon2 = Argon2::new(algorithm, version, params);
    Ok(PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: kept,
        salt: Some(Salt::new(salt)?),
        hash: Some(derive(memory, &argon2, password, salt, length)?),
    })
}

/// Whether a password is the one of a hash of any Argon2; compared in constant time.
///
/// # Errors
/// When the hash cannot be computed again.
pub fn verify(memory: &mut Memory, password: &[u8], stored: &PasswordHash) -> Result<bool> {
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else {
        return Ok(false);
    };
    let algorithm = Algorithm::try_from(stored.algorithm.as_str())?;
    let version = stored.version.map(Version::try_from).transpose()?;
    let params = Params::try_from(stored)?;
    let argon2 = Argon2::new(algorithm, version.unwrap_or_default(), params);
    let computed = derive(memory, &argon2, password, salt, expected.len())?;
    Ok(computed == *expected)
}

fn derive(
    memory: &mut Memory,
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    length: usize,
) -> Result<Output> {
    let mut buffer = [0; Output::MAX_LENGTH];
    let out = buffer.get_mut(..length).ok_or(Error::OutputSize)?;
    let blocks = memory.blocks(argon2.params().block_count());
    argon2.hash_password_into_with_memory(password, salt, out, blocks)?;
    Ok(Output::new(out)?)
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher as _;

    use super::*;

    #[test]
    fn it_computes_what_the_library_computes() {
        let mut memory = Memory::default();
        // In fresh memory, in used memory, in more and in less of it than the last one took.
        for blocks in [64, 64, 256, 32] {
            let params = Params::new(blocks, 2, 1, None).unwrap();
            let salt = b"sixteen bytes!!!";
            let ours = hash(&mut memory, b"password", salt, params.clone()).unwrap();
            let theirs = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                .hash_password_with_salt(b"password", salt)
                .unwrap();
            assert_eq!(ours.to_string(), theirs.to_string());
            assert_eq!(verify(&mut memory, b"password", &theirs), Ok(true));
            assert_eq!(verify(&mut memory, b"Password", &theirs), Ok(false));
        }
    }
}
