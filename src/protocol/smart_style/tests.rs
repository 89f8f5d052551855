use serde_json::json;

use super::*;

fn style(members: Value) -> SmartStyle {
    SmartStyle::read(members.to_string().as_bytes()).unwrap()
}

fn value_of(name: &str, value: &str) -> Option<String> {
    let style = style(json!({ name: value }));
    let property = StyleProperty::ALL
        .into_iter()
        .find(|property| property.name() == name)
        .unwrap();
    style.get(property).map(str::to_owned)
}

#[test]
fn the_eleven_properties_become_variables_and_all_else_is_left_out() {
    // The example of the specification.
    let style = style(json!({
        "color_background": "#edeae3",
        "color_error": "#9e2d2d",
        "color_highlight": "#69b5ce",
        "color_modal_backdrop": "",
        "color_success": "#498e49",
        "color_text": "#303030",
        "dim_border_radius": "6px",
        "dim_font_size": "13px",
        "dim_spacing_size": "20px",
        "font_family_body": "Georgia, Times, 'Times New Roman', serif",
        "font_family_heading": "'HelveticaNeue-Light', Helvetica, Arial, 'Lucida Grande', sans-serif;",
        "color_link": "#000000",
    }));
    assert_eq!(
        style.css_variables(),
        "--smart-color-background:#edeae3;--smart-color-error:#9e2d2d;--smart-color-highlight:#69b5ce;\
         --smart-color-success:#498e49;--smart-color-text:#303030;--smart-dim-border-radius:6px;\
         --smart-dim-font-size:13px;--smart-dim-spacing-size:20px;\
         --smart-font-family-body:'Georgia','Times','Times New Roman',serif;\
         --smart-font-family-heading:'HelveticaNeue-Light','Helvetica','Arial','Lucida Grande',sans-serif;"
    );
}

#[test]
fn a_color_is_hexadecimal_a_word_or_a_function_of_numbers() {
    for good in [
        "#abc",
        "#abcd",
        "#A1B2C3",
        "#a1b2c3d4",
        "rebeccapurple",
        "rgb(1, 2, 3)",
        "rgba(0,0,0,.5)",
        "hsl(120 50% 50%)",
        "hsl( 120  50.5% 50% )",
    ] {
        assert_eq!(value_of("color_text", good), Some(good.to_ascii_lowercase()), "{good}");
    }
    for bad in [
        "#ab",
        "#abcde",
        "#abcdefg",
        "#gggggg",
        "url(https://evil.example)",
        "rgb(url(x))",
        "expression(alert(1))",
        "rgb(1,2,3",
        "red;background:url(x)",
        "red}body{display:none",
        "</style><script>",
        "var(--x)",
        "rgb(1)(2)",
        "rgb()",
        "rgb(1,2)",
        "rgb(1,,2)",
        "rgb(1,2,3,4,5)",
        "rgb(1.,2,3)",
        "rgb(%,%,%)",
        "hsl(. . .)",
        "#abc\\",
        "red/*",
        "",
    ] {
        assert_eq!(value_of("color_text", bad), None, "{bad}");
    }
}

#[test]
fn a_length_is_a_number_with_a_unit_that_leaves_a_page_readable() {
    for good in ["0", "0px", "13px", "1.5em", "200px", "20rem", "500%"] {
        assert_eq!(value_of("dim_font_size", good).as_deref(), Some(good));
    }
    for bad in [
        "13",
        "200.1px",
        "20.1em",
        "501%",
        "-1px",
        "1e3px",
        "calc(1px)",
        "1px;x:y",
        "px",
        ".px",
        "1..5px",
        "5.px",
        "13 px",
        "13vw",
    ] {
        assert_eq!(value_of("dim_font_size", bad), None, "{bad}");
    }
}

#[test]
fn a_list_of_fonts_is_written_anew_and_one_bad_name_spoils_it() {
    for (given, written) in [
        ("Arial", "'Arial'"),
        ("\"Segoe UI\" , sans-serif", "'Segoe UI',sans-serif"),
        ("'serif'", "'serif'"),
        ("system-ui", "system-ui"),
    ] {
        assert_eq!(value_of("font_family_body", given).as_deref(), Some(written));
    }
    for bad in [
        "Arial;}",
        "Arial,",
        ",",
        "'Arial",
        "Arial\\",
        "url(x)",
        "</style>",
        "A\"B",
        "A'B",
        "A\nB",
        "a,b,c,d,e,f,g,h,i,j,k",
        "Ärial",
    ] {
        assert_eq!(value_of("font_family_body", bad), None, "{bad}");
    }
}

#[test]
fn nothing_of_a_hostile_document_leaves_its_place() {
    let attacks = [
        "</style><script>alert(1)</script>",
        "\"><img src=x>",
        "red;}*{display:none}",
        "url(//evil.example)",
        "a\u{202e}b",
        "{",
        "}",
        ";",
        "/*",
        "\\0",
        "@import 'x'",
        "'",
        "\"",
        "<",
        ">",
        "&",
        "\n",
        "1px\0",
    ];
    for property in StyleProperty::ALL {
        for attack in attacks {
            let css = style(json!({ property.name(): attack })).css_variables();
            assert_eq!(css, "", "{attack}");
        }
        for wrong in [json!(1), json!(null), json!(["#abc"]), json!({ "a": "#abc" })] {
            assert_eq!(style(json!({ property.name(): wrong })).css_variables(), "");
        }
        let long = "a".repeat(LONGEST + 1);
        assert_eq!(style(json!({ property.name(): long })).css_variables(), "");
    }
    for body in ["", "[]", "null", "\"x\"", "{\"color_text\":\"#abc\"", "<html>"] {
        assert_eq!(SmartStyle::read(body.as_bytes()), None, "{body}");
    }
}

#[test]
fn a_value_has_at_most_300_characters_without_what_stands_around_it() {
    let fonts = [
        "a".repeat(60),
        "b".repeat(60),
        "c".repeat(60),
        "d".repeat(60),
        "e".repeat(56),
    ];
    let longest = fonts.join(",");
    assert_eq!(longest.len(), LONGEST);
    for kept in [longest.clone(), format!("  {longest} ; ")] {
        assert!(value_of("font_family_body", &kept).is_some(), "{kept}");
    }
    assert_eq!(value_of("font_family_body", &format!("{longest}e")), None);
}
