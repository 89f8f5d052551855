//! Makes a page out of its tags: [`Builder`].

use std::{collections::BTreeMap, mem};

use super::{
    super::text::{PageText, one_line},
    Button, Document, Field, FieldSort, Form, Link,
};

type Attributes = BTreeMap<String, String>;

/// What stands on a line of its own.
const BLOCKS: [&str; 37] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "br",
    "caption",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "legend",
    "li",
    "main",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tr",
    "ul",
];

/// A page that is being read.
#[derive(Debug, Default)]
pub(super) struct Builder {
    text: PageText,
    title: Capture,
    script: Capture,
    /// A style or a template: nothing of it is shown.
    hidden: Option<String>,
    links: Vec<Link>,
    link: Option<(String, PageText)>,
    forms: Vec<(Option<String>, Form)>,
    /// The form that is open.
    form: Option<usize>,
    labels: Vec<Label>,
    /// The label that is open.
    label: Option<usize>,
    controls: Vec<Control>,
    /// The control that takes up text.
    open: Option<OpenControl>,
    submits_itself: bool,
}

#[derive(Debug, Default)]
struct Capture {
    is_open: bool,
    text: String,
}

#[derive(Debug, Default)]
struct Label {
    /// The id that it names.
    of: Option<String>,
    text: PageText,
}

/// A field or a button, and which form it belongs to.
#[derive(Debug)]
struct Control {
    form: Option<usize>,
    form_id: Option<String>,
    id: Option<String>,
    /// The label around it.
    label: Option<usize>,
    /// What it says of itself.
    spoken: Option<String>,
    what: What,
}

#[derive(Debug)]
enum What {
    Button(Button),
    Field(Field),
}

/// The last of the controls, while its text is read.
#[derive(Debug)]
enum OpenControl {
    Button(PageText),
    TextArea(String),
    List {
        option: Option<(Option<String>, bool, PageText)>,
    },
}

impl Builder {
    pub(super) fn open(&mut self, tag: &str, attributes: &Attributes) {
        if self.hidden.is_some() {
            return;
        }
        if BLOCKS.contains(&tag) {
            self.text.new_line();
        } else if matches!(tag, "td" | "th") {
            self.text.push(" ");
        }
        let attribute = |name: &str| attributes.get(name).cloned();
        match tag {
            "title" => self.title.is_open = true,
            "script" => self.script.is_open = true,
            "style" | "template" => self.hidden = Some(tag.to_owned()),
            "a" => {
                self.close_link();
                self.link = attribute("href").map(|href| (href, PageText::default()));
            }
            "form" if self.form.is_none() => {
                self.form = Some(self.forms.len());
                let form = Form {
                    action: attribute("action").filter(|action| !action.trim().is_empty()),
                    is_post: is_post(attributes.get("method")),
                    ..Form::default()
                };
                self.forms.push((attribute("id"), form));
            }
            "label" => {
                self.label = Some(self.labels.len());
                self.labels.push(Label {
                    of: attribute("for"),
                    text: PageText::default(),
                });
            }
            "input" => self.input(attributes),
            "button" => {
                // One that submits nothing is a script's.
                if matches!(attributes.get("type").map(String::as_str), None | Some("submit" | "")) {
                    self.button(attributes);
                    self.open = Some(OpenControl::Button(PageText::default()));
                }
            }
            "textarea" => {
                self.field(attributes, FieldSort::Text, String::new());
                self.open = Some(OpenControl::TextArea(String::new()));
            }
            "select" => {
                self.field(attributes, FieldSort::List, String::new());
                self.open = Some(OpenControl::List { option: None });
            }
            "option" => {
                self.close_option();
                if let Some(OpenControl::List { option }) = &mut self.open {
                    let is_selected = attributes.contains_key("selected");
                    *option = Some((attribute("value"), is_selected, PageText::default()));
                }
            }
            _ => {}
        }
    }

    pub(super) fn close(&mut self, tag: &str) {
        if let Some(hidden) = &self.hidden {
            if hidden == tag {
                self.hidden = None;
            }
            return;
        }
        if BLOCKS.contains(&tag) {
            self.text.new_line();
        }
        match tag {
            "title" => self.title.is_open = false,
            "script" => self.script.is_open = false,
            "a" => self.close_link(),
            "form" => self.form = None,
            "label" => self.label = None,
            "option" => self.close_option(),
            "button" | "textarea" | "select" => self.close_control(),
            _ => {}
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        if self.hidden.is_some() {
            return;
        }
        if self.title.is_open {
            self.title.text.push_str(text);
            return;
        }
        if self.script.is_open {
            self.script.text.push_str(text);
            self.submits_itself |= self.script.text.contains("document.forms[0].submit()");
            return;
        }
        match &mut self.open {
            // A person sees the one that is chosen; a test asks for it.
            Some(OpenControl::List { option }) => {
                if let Some((_, _, says)) = option {
                    says.push(text);
                }
                return;
            }
            Some(OpenControl::TextArea(value)) => {
                value.push_str(text);
                return;
            }
            Some(OpenControl::Button(says)) => says.push(text),
            None => {}
        }
        self.text.push(text);
        if let Some((_, says)) = &mut self.link {
            says.push(text);
        }
        if let Some(label) = self.label.and_then(|at| self.labels.get_mut(at)) {
            label.text.push(text);
        }
    }

    pub(super) fn finish(mut self) -> Document {
        self.close_link();
        self.close_control();
        let mut forms = mem::take(&mut self.forms);
        for control in mem::take(&mut self.controls) {
            let named = |id: &String| forms.iter().position(|(form, _)| form.as_ref() == Some(id));
            let form = control.form_id.as_ref().map_or(control.form, named);
            let label = self.label_of(&control);
            let Some((_, form)) = form.and_then(|at| forms.get_mut(at)) else {
                continue;
            };
            match control.what {
                What::Button(button) => form.buttons.push(button),
                What::Field(field) => form.fields.push(Field { label, ..field }),
            }
        }
        Document {
            title: one_line(&self.title.text),
            text: self.text.into_string(),
            links: self.links,
            forms: forms.into_iter().map(|(_, form)| form).collect(),
            submits_itself: self.submits_itself,
        }
    }

    fn input(&mut self, attributes: &Attributes) {
        let value = attributes.get("value").cloned();
        let sort = attributes.get("type").map(|sort| sort.to_ascii_lowercase());
        match sort.as_deref().unwrap_or("text") {
            "submit" | "image" => {
                self.button(attributes);
                if let Some(Control {
                    what: What::Button(button),
                    ..
                }) = self.controls.last_mut()
                {
                    button.says = one_line(&value.unwrap_or_else(|| "Submit".to_owned()));
                }
            }
            "button" | "reset" | "file" => {}
            "hidden" => self.field(attributes, FieldSort::Hidden, value.unwrap_or_default()),
            "checkbox" => self.field(
                attributes,
                FieldSort::CheckBox,
                value.unwrap_or_else(|| "on".to_owned()),
            ),
            "radio" => self.field(attributes, FieldSort::Radio, value.unwrap_or_else(|| "on".to_owned())),
            _ => self.field(attributes, FieldSort::Text, value.unwrap_or_default()),
        }
    }

    fn button(&mut self, attributes: &Attributes) {
        let button = Button {
            says: attributes
                .get("aria-label")
                .map(|label| one_line(label))
                .unwrap_or_default(),
            name: attributes.get("name").filter(|name| !name.is_empty()).cloned(),
            value: attributes.get("value").cloned().unwrap_or_default(),
            action: attributes.get("formaction").cloned(),
            is_post: attributes.get("formmethod").map(|method| is_post(Some(method))),
        };
        self.control(attributes, What::Button(button));
    }

    fn field(&mut self, attributes: &Attributes, sort: FieldSort, value: String) {
        let field = Field {
            sort,
            label: String::new(),
            name: attributes.get("name").cloned().unwrap_or_default(),
            value,
            is_checked: attributes.contains_key("checked"),
            choices: Vec::new(),
        };
        self.control(attributes, What::Field(field));
    }

    fn control(&mut self, attributes: &Attributes, what: What) {
        self.close_control();
        // What is disabled can neither be used nor is it sent.
        if attributes.contains_key("disabled") {
            return;
        }
        let spoken = attributes.get("aria-label").or_else(|| attributes.get("placeholder"));
        self.controls.push(Control {
            form: self.form,
            form_id: attributes.get("form").cloned(),
            id: attributes.get("id").cloned(),
            label: self.label,
            spoken: spoken.map(|text| one_line(text)),
            what,
        });
    }

    fn label_of(&mut self, control: &Control) -> String {
        let by_id = control.id.as_ref().and_then(|id| {
            let mut labels = self.labels.iter();
            labels.position(|label| label.of.as_ref() == Some(id))
        });
        let label = by_id.or(control.label).and_then(|at| self.labels.get(at));
        let says = label.map(|label| one_line(&label.text.clone().into_string()));
        says.filter(|says| !says.is_empty())
            .or_else(|| control.spoken.clone())
            .unwrap_or_default()
    }

    fn close_link(&mut self) {
        if let Some((href, says)) = self.link.take() {
            let says = one_line(&says.into_string());
            self.links.push(Link { says, href });
        }
    }

    fn close_option(&mut self) {
        let Some(OpenControl::List { option }) = &mut self.open else {
            return;
        };
        let Some((value, is_selected, says)) = option.take() else {
            return;
        };
        let says = one_line(&says.into_string());
        let value = value.unwrap_or_else(|| says.clone());
        if let Some(Control {
            what: What::Field(field),
            ..
        }) = self.controls.last_mut()
        {
            if is_selected || field.choices.is_empty() {
                field.value.clone_from(&value);
            }
            field.choices.push((says, value));
        }
    }

    fn close_control(&mut self) {
        self.close_option();
        let open = self.open.take();
        let Some(Control { what, .. }) = self.controls.last_mut() else {
            return;
        };
        match (open, what) {
            (Some(OpenControl::Button(says)), What::Button(button)) if button.says.is_empty() => {
                button.says = one_line(&says.into_string());
            }
            // The first line break is none of the text (HTML, section 13.2.6.4.7).
            (Some(OpenControl::TextArea(value)), What::Field(field)) => {
                field.value = value.strip_prefix('\n').map_or_else(|| value.clone(), str::to_owned);
            }
            _ => {}
        }
    }
}

fn is_post(method: Option<&String>) -> bool {
    method.is_some_and(|method| method.eq_ignore_ascii_case("post"))
}
