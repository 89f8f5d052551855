use super::*;

fn fields(document: &Document) -> Vec<String> {
    let forms = document.forms.iter();
    forms
        .flat_map(|form| form.fields.iter().map(ToString::to_string))
        .collect()
}

#[test]
fn text_has_a_line_for_each_block_and_nothing_of_scripts_and_styles() {
    let page = Document::parse(
        "<!doctype html><title> A &amp;  B </title><style>p{}</style><script>if (1 < 2) { '<p>no</p>' }</script>\
         <h1>One</h1><p>two   <b>three</b>\n four</p><ul><li>a<li>b</ul><template><p>hidden</p></template>\
         <table><tr><td>x</td><td>y</td></tr></table>",
    );
    assert_eq!(page.title, "A & B");
    assert_eq!(page.text, "One\ntwo three four\na\nb\nx y");
}

#[test]
fn links_say_what_stands_in_them() {
    let page = Document::parse("<a href=\"/a?x=1&amp;y=2\"> Labs <b>today</b></a><a name=x>no link</a><a href=b>open");
    let links: Vec<_> = page
        .links
        .iter()
        .map(|link| (link.says.as_str(), link.href.as_str()))
        .collect();
    assert_eq!(links, [("Labs today", "/a?x=1&y=2"), ("open", "b")]);
}

#[test]
fn a_label_is_around_its_field_or_names_its_id_or_the_field_says_it_itself() {
    let page = Document::parse(
        "<form><label>Name <input name=a></label><input id=b name=b><label for=b>Born</label>\
         <input name=c aria-label=Ward><input name=d placeholder=Room><input name=e>\
         <label>Note <textarea name=f>\nfirst\n second</textarea></label></form>",
    );
    assert_eq!(
        fields(&page),
        ["Name (a)", "Born (b)", "Ward (c)", "Room (d)", "e", "Note (f)"]
    );
    assert_eq!(page.forms[0].fields[5].value, "first\n second");
}

#[test]
fn a_list_has_its_first_choice_chosen_unless_another_is() {
    let page = Document::parse(
        "<form><select name=a><option value=1>One<option value=2>Two</select>\
         <select name=b><option>x</option><option selected>y</option></select></form>",
    );
    let values: Vec<_> = page.forms[0].fields.iter().map(|field| field.value.as_str()).collect();
    assert_eq!(values, ["1", "y"]);
    assert_eq!(
        page.forms[0].fields[0].choices,
        [("One".into(), "1".into()), ("Two".into(), "2".into())]
    );
}

#[test]
fn only_what_submits_is_a_button() {
    let page = Document::parse(
        "<form><button>Save</button><button type=button>Menu</button><button type=submit aria-label=Close>x</button>\
         <input type=submit value=Send><input type=reset><button disabled>No</button></form>",
    );
    let says: Vec<_> = page.forms[0]
        .buttons
        .iter()
        .map(|button| button.says.as_str())
        .collect();
    assert_eq!(says, ["Save", "Close", "Send"]);
}

#[test]
fn what_stands_elsewhere_belongs_to_the_form_that_it_names() {
    let page =
        Document::parse("<form id=one></form><form id=two></form><input name=a form=two><button form=one>Go</button>");
    assert_eq!((page.forms[0].buttons.len(), page.forms[1].fields.len()), (1, 1));
}

#[test]
fn a_page_that_submits_its_form_is_known_by_its_script() {
    let form = "<form method=post action=/x></form>";
    assert!(Document::parse(&format!("{form}<script nonce=a>document.forms[0].submit()</script>")).submits_itself);
    assert!(!Document::parse(&format!("{form}<p>document.forms[0].submit()</p>")).submits_itself);
}
