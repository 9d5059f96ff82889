import jinja2

print(jinja2.Template("hello {{ name }}").render(name="you"))
