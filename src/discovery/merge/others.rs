//! Finding what one list says of the deployments of another.

use std::collections::{HashMap, HashSet};

use super::super::Listed;
use super::super::identity::{Identity, is_same_address};

/// Entries by what tells which deployment they are.
pub(super) struct Others<'a> {
    by_id: HashMap<&'a str, &'a Listed>,
    by_identity: HashMap<Identity, Vec<&'a Listed>>,
    by_name: HashMap<Identity, Vec<&'a Listed>>,
}

impl<'a> Others<'a> {
    /// `taken` are the ids of the deployments that they are compared with: an entry with one of them is no other's.
    pub(super) fn new(others: &'a [Listed], taken: &HashSet<String>) -> Self {
        let mut found = Self { by_id: HashMap::new(), by_identity: HashMap::new(), by_name: HashMap::new() };
        for other in others {
            found.by_id.insert(&other.id, other);
            if !taken.contains(&other.id) && !other.is_address_unknown() {
                found.by_identity.entry(Identity::of(other)).or_default().push(other);
                found.by_name.entry(name(other)).or_default().push(other);
            }
        }
        found
    }

    /// Those of the same id, else those of the same name and address, else, where the address is one that nobody told, those of
    /// the same name if all have one address.
    pub(super) fn like(&self, listed: &Listed) -> Vec<&'a Listed> {
        if let Some(same) = self.by_id.get(listed.id.as_str()) {
            return vec![*same];
        }
        if !listed.is_address_unknown() {
            return self.by_identity.get(&Identity::of(listed)).cloned().unwrap_or_default();
        }
        let named = self.by_name.get(&name(listed)).cloned().unwrap_or_default();
        let address = |other: &'a Listed| other.api_base.as_deref();
        let is_one = named.iter().all(|other| is_same_address(address(other), address(named[0])));
        if is_one { named } else { Vec::new() }
    }
}

fn name(listed: &Listed) -> Identity {
    Identity::new(&listed.model, &listed.upstream_model, None)
}
