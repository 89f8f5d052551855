use super::*;

#[test]
fn only_an_id_can_be_chosen_and_only_once_and_only_where_the_ehr_named_none() {
    let chosen = Chosen::default();
    assert_eq!(chosen.patient("p1", Some("p2")), Err(ContextChoiceError::NamedByEhr));
    assert_eq!(chosen.patient("p2", Some("p2")), Ok(()), "the same is no choice");
    assert_eq!(chosen.added_to(LaunchContext::default()), LaunchContext::default());
    for no_id in ["", "Patient/p1", "p 1", ".."] {
        assert_eq!(chosen.patient(no_id, None), Err(ContextChoiceError::NotAnId), "{no_id}");
    }
    assert_eq!(chosen.patient("p1", None), Ok(()));
    assert_eq!(chosen.patient("p1", None), Ok(()));
    assert_eq!(chosen.patient("p3", None), Err(ContextChoiceError::ChosenAlready));
    assert_eq!(chosen.encounter("e1", None), Ok(()));
    let context = chosen.added_to(LaunchContext::default());
    assert_eq!((context.patient(), context.encounter()), (Some("p1"), Some("e1")));
    assert_eq!(context.patient_source(), ContextSource::Application);
    let named = LaunchContext {
        patient: Some("p9".to_owned()),
        ..LaunchContext::default()
    };
    let context = chosen.added_to(named);
    assert_eq!(
        (context.patient(), context.patient_source()),
        (Some("p9"), ContextSource::Ehr)
    );
}
