//! A form that is being filled in: [`TestForm`].

use url::form_urlencoded;

use super::{
    error::TestBrowserError,
    html::{Field, FieldSort, Form},
    page::{TestPage, the_one},
    window::Visit,
};

/// A form of a page, as a person fills it in. A field is named by its label, or by its `name`.
///
/// What goes wrong on the way is told by [`submit`](Self::submit). Files are not sent.
#[derive(Debug)]
#[must_use = "a form does nothing until it is submitted"]
pub struct TestForm {
    page: TestPage,
    form: Form,
    /// The button that submits it.
    button: Option<usize>,
    /// The first thing that went wrong.
    wrong: Option<TestBrowserError>,
}

impl TestForm {
    pub(super) const fn new(page: TestPage, form: Form, button: Option<usize>) -> Self {
        Self {
            page,
            form,
            button,
            wrong: None,
        }
    }

    /// Writes into a text field. Hidden fields are reached by name.
    pub fn fill(self, field: &str, text: &str) -> Self {
        let sorts = [FieldSort::Text, FieldSort::Hidden];
        self.change("field to fill in", field, &sorts, |form, at| {
            if let Some(field) = form.fields.get_mut(at) {
                text.clone_into(&mut field.value);
            }
            Ok(())
        })
    }

    /// Checks a box, or chooses a radio button.
    pub fn check(self, field: &str) -> Self {
        self.set_checked(field, true)
    }

    /// Takes the check of a box away.
    pub fn uncheck(self, field: &str) -> Self {
        self.set_checked(field, false)
    }

    /// Chooses from a list: what the choice says, or its value.
    pub fn choose(self, field: &str, choice: &str) -> Self {
        self.change("list to choose from", field, &[FieldSort::List], |form, at| {
            let Some(field) = form.fields.get_mut(at) else {
                return Ok(());
            };
            let chosen = field
                .choices
                .iter()
                .find(|(says, value)| says == choice || value == choice);
            let Some((_, value)) = chosen else {
                return Err(TestBrowserError::NoChoice {
                    field: field.to_string(),
                    wanted: choice.to_owned(),
                    choices: field.choices.iter().map(|(says, _)| format!("“{says}”")).collect(),
                });
            };
            field.value.clone_from(value);
            Ok(())
        })
    }

    /// The value of a field as it is now; of a box or a radio button, whether it is checked (`on`, or empty). `None` where there
    /// is no such field.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<String> {
        let at = self.find("field", field, &[]).ok()?;
        let field = self.form.fields.get(at)?;
        Some(match field.sort {
            FieldSort::CheckBox | FieldSort::Radio if field.is_checked => "on".to_owned(),
            FieldSort::CheckBox | FieldSort::Radio => String::new(),
            FieldSort::Text | FieldSort::Hidden | FieldSort::List => field.value.clone(),
        })
    }

    /// Presses the button, and follows redirects.
    ///
    /// # Errors
    ///
    /// The first thing that went wrong while it was filled in ([`TestBrowserError::NoField`], [`TestBrowserError::NoChoice`],
    /// [`TestBrowserError::Several`]), or why there is no answer.
    pub async fn submit(mut self) -> Result<TestPage, TestBrowserError> {
        if let Some(wrong) = self.wrong.take() {
            return Err(wrong);
        }
        self.page.go(self.visit()?).await
    }

    /// Where it leads, with what is sent.
    pub(super) fn visit(&self) -> Result<Visit, TestBrowserError> {
        let button = self.button.and_then(|at| self.form.buttons.get(at));
        let action = button
            .and_then(|button| button.action.as_deref())
            .or(self.form.action.as_deref());
        let mut url = match action {
            Some(action) => self.page.join(action)?,
            None => self.page.url().clone(),
        };
        url.set_fragment(None);
        let fields = self.form.fields.iter().filter(|field| is_sent(field));
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for field in fields {
            pairs.append_pair(&field.name, &field.value);
        }
        if let Some(button) = button
            && let Some(name) = &button.name
        {
            pairs.append_pair(name, &button.value);
        }
        let encoded = pairs.finish();
        let initiator = self.page.initiator();
        if button.and_then(|button| button.is_post).unwrap_or(self.form.is_post) {
            return Ok(Visit {
                form: Some(encoded),
                ..Visit::get(url, initiator)
            });
        }
        url.set_query(Some(&encoded));
        Ok(Visit::get(url, initiator))
    }

    fn set_checked(self, field: &str, is_checked: bool) -> Self {
        let sorts = [FieldSort::CheckBox, FieldSort::Radio];
        self.change("box to check", field, &sorts, |form, at| {
            let Some(field) = form.fields.get(at) else {
                return Ok(());
            };
            let group = (field.sort == FieldSort::Radio && is_checked).then(|| field.name.clone());
            for (place, other) in form.fields.iter_mut().enumerate() {
                if place == at {
                    other.is_checked = is_checked;
                } else if other.sort == FieldSort::Radio && Some(&other.name) == group.as_ref() {
                    other.is_checked = false;
                }
            }
            Ok(())
        })
    }

    fn change(
        mut self,
        sort: &'static str,
        field: &str,
        sorts: &[FieldSort],
        change: impl FnOnce(&mut Form, usize) -> Result<(), TestBrowserError>,
    ) -> Self {
        if self.wrong.is_none() {
            let done = self.find(sort, field, sorts).and_then(|at| change(&mut self.form, at));
            self.wrong = done.err();
        }
        self
    }

    /// The field of one of these sorts (none: of any): by its label, else by its name.
    fn find(&self, sort: &'static str, wanted: &str, sorts: &[FieldSort]) -> Result<usize, TestBrowserError> {
        let fields = || {
            let all = self.form.fields.iter().enumerate();
            all.filter(|(_, field)| sorts.is_empty() || sorts.contains(&field.sort))
        };
        let exact_name = fields().find(|(_, field)| field.name == wanted && !wanted.is_empty());
        let labels = fields().filter(|(_, field)| !field.label.is_empty());
        let labelled = the_one(wanted, labels.map(|(at, field)| (&field.label, at)).collect());
        match (labelled, exact_name) {
            (Ok(Some(at)), _) => Ok(at),
            (_, Some((at, _))) => Ok(at),
            (Err(several), None) => Err(several),
            (Ok(None), None) => Err(TestBrowserError::NoField {
                sort,
                wanted: wanted.to_owned(),
                page: self.page.boxed(),
            }),
        }
    }
}

/// What a browser sends of a form (HTML, "constructing the entry list").
fn is_sent(field: &Field) -> bool {
    !field.name.is_empty() && (field.is_checked || !matches!(field.sort, FieldSort::CheckBox | FieldSort::Radio))
}
