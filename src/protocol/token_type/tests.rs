use super::*;

#[test]
fn bearer_is_bearer_in_any_case_and_by_any_policy() {
    for policy in [TokenType::Required, TokenType::AssumedBearer] {
        for said in ["Bearer", "bearer", "BEARER", " Bearer "] {
            assert_eq!(policy.understand(Some(said), false), Some(Understood::Bearer));
        }
    }
}

#[test]
fn what_is_missing_is_bearer_on_refresh_or_by_option() {
    for missing in [None, Some(""), Some(" ")] {
        assert_eq!(TokenType::Required.understand(missing, false), None);
        assert_eq!(TokenType::Required.understand(missing, true), Some(Understood::Missing));
        assert_eq!(
            TokenType::AssumedBearer.understand(missing, false),
            Some(Understood::Missing)
        );
    }
}

#[test]
fn another_type_is_bearer_by_option_unless_it_needs_a_proof() {
    for other in ["BearerToken", "access_token", "JWT"] {
        assert_eq!(TokenType::Required.understand(Some(other), true), None);
        assert_eq!(
            TokenType::AssumedBearer.understand(Some(other), false),
            Some(Understood::Other)
        );
    }
    for unusable in ["DPoP", "dpop", "PoP", "MAC", "N_A"] {
        assert_eq!(TokenType::AssumedBearer.understand(Some(unusable), true), None);
    }
}
