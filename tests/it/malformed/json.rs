//! JSON that was altered.

use serde_json::{Value, json};

use super::chance::Chance;
use super::mutate::hostile;

/// Changes one member, somewhere.
pub fn member(value: &mut Value, chance: &mut Chance, depth: usize) {
    let deeper = depth < 4 && !chance.once_in(3);
    match value {
        Value::Object(members) if deeper && !members.is_empty() => {
            let at = chance.below(members.len());
            let name = members.keys().nth(at).cloned().unwrap();
            match chance.below(8) {
                0 => drop(members.remove(&name)),
                1 => {
                    let taken = members.remove(&name).unwrap();
                    members.insert(hostile(chance), taken);
                }
                _ => member(members.get_mut(&name).unwrap(), chance, depth + 1),
            }
        }
        Value::Array(items) if deeper && !items.is_empty() => {
            let at = chance.below(items.len());
            match chance.below(6) {
                0 => items.clear(),
                1 => *items = vec![items[at].clone(); 1 + chance.below(200)],
                _ => member(&mut items[at], chance, depth + 1),
            }
        }
        _ => {
            let replaced = self::value(value, chance);
            *value = replaced;
        }
    }
}

/// Something else in the place of a value.
pub fn value(was: &Value, chance: &mut Chance) -> Value {
    match chance.below(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(u64::MAX),
        4 => json!(1e308),
        5 => json!([]),
        6 => json!({}),
        7 => json!({ hostile(chance): was }),
        8 => json!([was, was]),
        9 => (0..chance.below(200)).fold(was.clone(), |inner, _| json!([inner])),
        _ => json!(format!(
            "{}{}",
            was.as_str().unwrap_or_default(),
            hostile(chance)
        )),
    }
}
