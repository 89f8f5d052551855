//! Where something stands in a resource.

use serde_json::Value;

/// What stands at these places: members separated by dots. Of a list, all.
pub(super) fn values<'a>(resource: &'a Value, places: &[&str]) -> Vec<&'a Value> {
    let mut values = Vec::new();
    for place in places {
        collect(resource, place, &mut values);
    }
    values
}

fn collect<'a>(value: &'a Value, place: &str, into: &mut Vec<&'a Value>) {
    match (value, place.split_once('.')) {
        (Value::Array(many), _) => many.iter().for_each(|one| collect(one, place, into)),
        (_, Some((member, rest))) => {
            if let Some(inner) = value.get(member) {
                collect(inner, rest, into);
            }
        }
        (_, None) => match value.get(place) {
            Some(Value::Array(many)) => into.extend(many),
            Some(one) => into.push(one),
            None => {}
        },
    }
}
