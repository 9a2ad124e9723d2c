//! Values that are taken as what they should be, or as absent.
//!
//! LiteLLM is Python: a field may be null, missing, a number in quotes or of another type in its next version. None of that may
//! cost an event, so a field that makes no sense is a field that is not there.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Nobody tags a request so often. Each element takes several times its bytes of the body.
const MAX_ELEMENTS: usize = 64;
/// Nobody uses so many tokens in one request.
const MAX_COUNT: u64 = 1 << 40;

/// A value of type `T`, or nothing where the JSON holds something else.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::sources) struct Loose<T>(pub(in crate::sources) Option<T>);

/// An object of type `T`, or the default where the JSON holds something else.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::sources) struct Object<T>(pub(in crate::sources) T);

/// The first values of a list, without those that are something else.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::sources) struct List<T>(pub(in crate::sources) Vec<T>);

/// What can be made from a JSON scalar.
pub(in crate::sources) trait Scalar<'de>: Sized {
    fn from_text(_: Cow<'de, str>) -> Option<Self> {
        None
    }
    fn from_number(_: f64) -> Option<Self> {
        None
    }
    /// Whole numbers; by default as any other number.
    fn from_whole(whole: u64) -> Option<Self> {
        Self::from_number(whole as f64)
    }
    fn from_flag(_: bool) -> Option<Self> {
        None
    }
}

/// An empty text says nothing and is absent.
impl<'de: 'a, 'a> Scalar<'de> for Cow<'a, str> {
    fn from_text(text: Cow<'de, str>) -> Option<Self> {
        (!text.is_empty()).then_some(text)
    }

    fn from_whole(whole: u64) -> Option<Self> {
        Some(Cow::Owned(whole.to_string()))
    }
}

impl<'de> Scalar<'de> for f64 {
    fn from_text(text: Cow<'de, str>) -> Option<Self> {
        text.parse().ok().and_then(Self::from_number)
    }

    fn from_number(number: f64) -> Option<Self> {
        number.is_finite().then_some(number)
    }
}

/// Counts of tokens and the like: beyond 2⁴⁰ a count is a mistake.
impl<'de> Scalar<'de> for u64 {
    fn from_text(text: Cow<'de, str>) -> Option<Self> {
        text.parse().ok().and_then(Self::from_whole)
    }

    fn from_number(number: f64) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked here")]
        (0.0..=MAX_COUNT as f64).contains(&number).then_some(number as Self)
    }

    fn from_whole(whole: u64) -> Option<Self> {
        (whole <= MAX_COUNT).then_some(whole)
    }
}

impl<'de> Scalar<'de> for bool {
    fn from_flag(flag: bool) -> Option<Self> {
        Some(flag)
    }
}

impl<'a> Loose<Cow<'a, str>> {
    /// The text, if there is any.
    pub(in crate::sources) fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The text, or an empty one.
    pub(in crate::sources) fn or_empty(&self) -> Cow<'a, str> {
        self.0.clone().unwrap_or_default()
    }
}

struct ScalarVisitor<T>(PhantomData<T>);

impl<'de, T: Scalar<'de>> Visitor<'de> for ScalarVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(T::from_text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::from_text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, whole: u64) -> Result<Self::Value, E> {
        Ok(T::from_whole(whole))
    }

    fn visit_i64<E>(self, whole: i64) -> Result<Self::Value, E> {
        Ok(T::from_number(whole as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(T::from_number(number))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(T::from_flag(flag))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

impl<'de, T: Scalar<'de>> Deserialize<'de> for Loose<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor(PhantomData)).map(Self)
    }
}

/// The visits by which an object or a list takes anything else as nothing.
macro_rules! scalars_are_nothing {
    () => {
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }

        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }
    };
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    scalars_are_nothing!();

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<T, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::default())
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Scalar<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    scalars_are_nothing!();

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = seq.next_element::<Loose<T>>()? {
            list.extend(element.0);
            if list.len() == MAX_ELEMENTS {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                break;
            }
        }
        Ok(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<T>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Vec::new())
    }
}

impl<'de, T: Scalar<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loose<T: for<'de> Scalar<'de>>(json: &str) -> Option<T> {
        serde_json::from_str::<Loose<T>>(json).expect("any JSON is accepted").0
    }

    #[test]
    fn a_value_of_another_type_is_absent() {
        for json in ["null", "{\"a\":[1]}", "[1,{}]", "true", "\"x\"", "1e300", "-1"] {
            assert_eq!(loose::<u64>(json), None, "{json}");
        }
        assert_eq!(loose::<bool>("1"), None);
        assert_eq!(loose::<f64>("\"NaN\""), None);
    }

    #[test]
    fn numbers_in_quotes_and_floats_that_are_whole_are_understood() {
        assert_eq!(loose::<u64>("\"12\""), Some(12));
        assert_eq!(loose::<u64>("12.0"), Some(12));
        assert_eq!(loose::<f64>("\"0.5\""), Some(0.5));
    }

    #[test]
    fn objects_and_lists_of_another_type_are_empty() {
        for json in ["null", "1", "-1", "1.5", "\"x\"", "true"] {
            assert_eq!(serde_json::from_str::<Object<Vec<u8>>>(json).expect(json).0, Vec::<u8>::new());
            assert_eq!(serde_json::from_str::<List<u64>>(json).expect(json).0, Vec::<u64>::new());
        }
        assert_eq!(serde_json::from_str::<List<u64>>("[1, null, \"x\", 2]").expect("a list").0, [1, 2]);
    }
}
