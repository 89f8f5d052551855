//! Puts mutants behind switches into the text of a file: [`Switches`].

use std::collections::{BTreeSet, HashMap};

use quote::ToTokens as _;
use syn::{
    Arm, BinOp, Block, Expr, ExprStruct, ImplItemFn, ItemFn, Signature, Stmt, TraitItemFn, parse_quote, parse_str,
    spanned::Spanned,
    visit_mut::{self, VisitMut},
};

use crate::{
    Result,
    list::{Genre, Mutant, Place},
};

/// The text of the module that has the switches; it goes to the end of `lib.rs`.
pub const SWITCH: &str = r#"
#[doc(hidden)]
#[allow(missing_docs)]
pub mod mutant_switch {
    use std::{
        io::Write as _,
        sync::{
            LazyLock,
            atomic::{AtomicBool, Ordering},
        },
    };
    static ON: LazyLock<Option<usize>> = LazyLock::new(|| std::env::var("MUTANT").ok()?.parse().ok());
    static TRACE: LazyLock<Option<String>> = LazyLock::new(|| std::env::var("MUTANT_TRACE").ok());
    static SEEN: [AtomicBool; 16384] = [const { AtomicBool::new(false) }; 16384];
    #[inline(never)]
    pub fn on(id: usize) -> bool {
        if let Some(path) = &*TRACE
            && !SEEN[id].swap(true, Ordering::Relaxed)
            && let Ok(mut file) = std::fs::OpenOptions::new().append(true).create(true).open(path)
        {
            let _ = file.write_all(format!("{id}\n").as_bytes());
        }
        *ON == Some(id)
    }
}
"#;

/// What goes into one file.
pub struct Switches<'a> {
    at: HashMap<(Place, u8), Vec<(usize, &'a Mutant)>>,
    placed: BTreeSet<usize>,
    /// Functions that have to stay `const`: constants call them.
    stay_const: &'a BTreeSet<String>,
}

impl<'a> Switches<'a> {
    pub fn new(mutants: impl Iterator<Item = (usize, &'a Mutant)>, stay_const: &'a BTreeSet<String>) -> Self {
        let mut at: HashMap<_, Vec<_>> = HashMap::new();
        for (id, mutant) in mutants {
            at.entry((mutant.span.start, mutant.genre as u8))
                .or_default()
                .push((id, mutant));
        }
        Self {
            at,
            placed: BTreeSet::new(),
            stay_const,
        }
    }

    /// The text with the switches, and the numbers of the mutants that found their place.
    pub fn put_into(mut self, text: &str) -> Result<(String, BTreeSet<usize>)> {
        let mut file = syn::parse_file(text)?;
        self.visit_file_mut(&mut file);
        Ok((prettyplease::unparse(&file), self.placed))
    }

    fn take(&mut self, of: &impl Spanned, genre: Genre) -> Vec<(usize, &'a Mutant)> {
        let start = of.span().start();
        let place = Place {
            line: start.line,
            column: start.column + 1,
        };
        let found = self.at.get(&(place, genre as u8)).cloned().unwrap_or_default();
        self.placed.extend(found.iter().map(|(id, _)| *id));
        found
    }

    fn function(&mut self, signature: &mut Signature, block: &mut Block) {
        let first = block.stmts.first().map(|first| self.take(first, Genre::FnValue));
        visit_mut::visit_block_mut(self, block);
        // All that is returned has to be of one type, and a mutant of such a function is of another one.
        let is_opaque = signature.output.to_token_stream().to_string().contains("impl ");
        if is_opaque {
            self.placed
                .retain(|id| first.iter().flatten().all(|(found, _)| found != id));
        }
        let first = first.filter(|_| !is_opaque);
        let returns = first.into_iter().flatten().filter_map(|(id, mutant)| {
            let value: Expr = parse_str(&mutant.replacement).ok()?;
            let returned: Stmt = parse_quote!(if crate::mutant_switch::on(#id) { return #value; });
            Some(returned)
        });
        block.stmts.splice(0..0, returns.collect::<Vec<_>>());
        if !self.stay_const.contains(&signature.ident.to_string()) {
            signature.constness = None;
        }
    }

    fn binary(&mut self, expr: &mut Expr) {
        let Expr::Binary(binary) = expr else { return };
        let found = self.take(&binary.op, Genre::BinaryOperator);
        let has_let = has_let(&binary.left) || has_let(&binary.right);
        visit_mut::visit_expr_binary_mut(self, binary);
        let (left, right) = (&binary.left, &binary.right);
        match (&binary.op, found.as_slice()) {
            (_, []) => {}
            // `||` beside a `let` does not compile.
            _ if has_let => self.placed.retain(|id| found.iter().all(|(found, _)| found != id)),
            // Neither side may stand there twice: a chain would double with each link.
            (BinOp::And(_), [(id, _)]) => {
                *expr = parse_quote!(({ let left: bool = #left; if left ^ crate::mutant_switch::on(#id) { #right } else { left } }));
            }
            (BinOp::Or(_), [(id, _)]) => {
                *expr = parse_quote!(({ let left: bool = #left; if !left ^ crate::mutant_switch::on(#id) { #right } else { left } }));
            }
            (_, found) => {
                let mut chosen = Expr::Binary(binary.clone());
                for (id, mutant) in found {
                    if let Ok(operator) = parse_str::<BinOp>(&mutant.replacement) {
                        chosen =
                            parse_quote!(if crate::mutant_switch::on(#id) { #left #operator #right } else { #chosen });
                    }
                }
                *expr = parse_quote!((#chosen));
            }
        }
    }

    fn unary(&mut self, expr: &mut Expr) {
        let Expr::Unary(unary) = expr else { return };
        let found = self.take(&unary.op, Genre::UnaryOperator);
        visit_mut::visit_expr_unary_mut(self, unary);
        if let Some((id, _)) = found.first() {
            let operand = &unary.expr;
            *expr = parse_quote!((if crate::mutant_switch::on(#id) { #operand } else { #unary }));
        }
    }
}

impl VisitMut for Switches<'_> {
    fn visit_item_fn_mut(&mut self, function: &mut ItemFn) {
        self.function(&mut function.sig, &mut function.block);
    }

    fn visit_impl_item_fn_mut(&mut self, function: &mut ImplItemFn) {
        self.function(&mut function.sig, &mut function.block);
    }

    fn visit_trait_item_fn_mut(&mut self, function: &mut TraitItemFn) {
        if let Some(block) = &mut function.default {
            self.function(&mut function.sig, block);
        }
    }

    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        let deleted = self.take(arm, Genre::MatchArm);
        let guard = arm
            .guard
            .as_ref()
            .map(|(_, guard)| self.take(guard, Genre::MatchArmGuard));
        visit_mut::visit_arm_mut(self, arm);
        for (id, mutant) in guard.into_iter().flatten() {
            let Some((_, guard)) = &arm.guard else { continue };
            let guard: Expr = match mutant.replacement.as_str() {
                "true" => parse_quote!((crate::mutant_switch::on(#id) || (#guard))),
                _ => parse_quote!((!crate::mutant_switch::on(#id) && (#guard))),
            };
            arm.guard = Some((Default::default(), Box::new(guard)));
        }
        for (id, _) in deleted {
            let guard: Expr = match &arm.guard {
                Some((_, guard)) => parse_quote!(!crate::mutant_switch::on(#id) && (#guard)),
                None => parse_quote!(!crate::mutant_switch::on(#id)),
            };
            arm.guard = Some((Default::default(), Box::new(guard)));
        }
    }

    fn visit_expr_struct_mut(&mut self, expr: &mut ExprStruct) {
        let found: Vec<_> = expr
            .fields
            .iter()
            .map(|field| self.take(field, Genre::StructField))
            .collect();
        visit_mut::visit_expr_struct_mut(self, expr);
        let Some(rest) = &expr.rest else { return };
        for (field, found) in expr.fields.iter_mut().zip(found) {
            for (id, _) in found {
                let (member, value) = (&field.member, &field.expr);
                field.expr = parse_quote!(if crate::mutant_switch::on(#id) { (#rest).#member } else { #value });
                field.colon_token = Some(Default::default());
            }
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Binary(_) => self.binary(expr),
            Expr::Unary(_) => self.unary(expr),
            _ => visit_mut::visit_expr_mut(self, expr),
        }
    }
}

fn has_let(expr: &Expr) -> bool {
    match expr {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        Expr::Paren(paren) => has_let(&paren.expr),
        _ => false,
    }
}
